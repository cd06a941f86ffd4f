"""The six routes by which programs keep a kind of definition: said once, made for each kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_api
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.errors import Conflict
from regulars.platform.web import definition_answers
from regulars.platform.web.api_route import (
    ID,
    PUBLISHED,
    STATE_QUERY,
    TEXT,
    definition_of,
    describe,
    listing,
    named,
)
from regulars.platform.web.definition_answers import DefinitionExists

Archive = Callable[[UnitOfWork, Access, str], object]


@dataclass(frozen=True)
class DefinitionRoutes:
    """What the routes of one kind differ in.

    ``noun`` is what a person calls one, ``name`` what programs do where that is shorter. It stands
    in the names of the views (``list_tills``, ``put_public_form``) and in the address, which is
    the area, too (``/public-forms``). ``more`` is said of a view beyond what all kinds share.
    """

    kind: str
    noun: str
    reading: str
    """The capability that a reader has, and below who keeps them."""
    keeping: str
    name: str = ""
    taken: type[Conflict] = DefinitionExists
    archive: Archive | None = None
    more: Mapping[str, str] = field(default_factory=dict)


def add_definition_routes(api: Blueprint, of: DefinitionRoutes) -> None:
    """List, make, read, replace, publish and take out of use, below ``/<noun>s``."""
    one = (of.name or of.noun).replace(" ", "_")
    many = f"{one}s"
    area = many.replace("_", "-")
    body, whole = definition_of(of.kind), f"/{area}/<key>"
    answers = _answers(of, many)

    def add(
        name: str, method: str, address: str, said: str, wanted: Any = None, **more: Any
    ) -> None:
        view = answers[name]
        view.__name__ = f"{name}_{many if name == 'list' else one}"
        view.__doc__ = " ".join(filter(None, (said, of.more.get(name, ""))))
        capability = of.reading if method == "GET" else of.keeping
        guarded = workspace_api(capability)(describe(area, wanted, **more)(view))
        api.add_url_rule(address, view.__name__, guarded, methods=[method])

    add("list", "GET", f"/{area}",
        f"Every published {of.noun} that this key may read; ``?state=draft`` the working copies.",
        listing(many, _stored(of.kind)), query=STATE_QUERY)  # fmt: skip
    add("create", "POST", f"/{area}",
        f"Keep a new {of.noun} as a draft; 409 when its key is taken.",
        {201: body}, body=body, tagged="draft")  # fmt: skip
    add("get", "GET", whole,
        f"The published {of.noun}, or the draft with ``?state=draft``.",
        body, query=STATE_QUERY, tagged="draft")  # fmt: skip
    add("put", "PUT", whole,
        "Replace the draft; 412 when ``If-Match`` is not its ETag, 422 with all shape problems.",
        {200: body, 201: body}, body=body, tagged="draft")  # fmt: skip
    add("publish", "POST", f"{whole}/publish", "Publish the draft; 422 with every problem.",
        PUBLISHED)  # fmt: skip
    add("archive", "DELETE", whole, f"Take a {of.noun} out of use.", {204: None})


def _answers(of: DefinitionRoutes, many: str) -> dict[str, Callable[..., ResponseReturnValue]]:
    def listed(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
        if definition_answers.wants_drafts():
            return {many: definition_answers.drafts(uow, access, of.kind)}
        return {many: definition_answers.published(uow, access, of.kind)}

    def created(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
        return definition_answers.create(uow, access, of.kind, of.taken)

    def read(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
        return definition_answers.read(uow, access, of.kind, key)

    def replaced(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
        return definition_answers.replace(uow, access, of.kind, key)

    def published(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
        return definition_answers.publish(uow, access, of.kind, key)

    def archived(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
        if of.archive is None:
            store.archive(uow, access, of.kind, key)
        else:
            of.archive(uow, access, key)
        return Response(status=204)

    return {
        "list": listed, "create": created, "get": read, "put": replaced, "publish": published,
        "archive": archived,
    }  # fmt: skip


def _stored(kind: str) -> Mapping[str, Any]:
    """A published one in a list: the definition, with its version."""
    name = "".join(map(str.capitalize, kind.split("_")))
    return named(
        f"Stored{name}",
        {"type": "object", "properties": {"key": TEXT, "version": ID}, "required": ["key"]},
    )
