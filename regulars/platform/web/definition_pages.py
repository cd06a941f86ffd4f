"""Pages that every kind of definition shares: its versions, and where it is used."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from regulars.platform import i18n
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import damage, store, versions
from regulars.platform.definitions.editing import Seen
from regulars.platform.definitions.kinds import kinds
from regulars.platform.definitions.reading import is_whole
from regulars.platform.definitions.uses import uses_of_definition
from regulars.platform.definitions.versions import Version
from regulars.platform.errors import NotFound
from regulars.platform.web.addresses import stored_id
from regulars.platform.web.definition_homes import (
    definition_homes,
    index_url,
    review_url,
    show_url,
)
from regulars.platform.web.flash import flash
from regulars.platform.web.htmx import go_to
from regulars.platform.web.preferences import current_locale
from regulars.platform.web.rendering import render

pages = Blueprint("definitions", __name__, url_prefix="/w/<workspace>/definitions")
pages.add_app_template_global(show_url, "definition_url")

TOLD = 30
"""How many versions are told in words; older ones are listed."""


@dataclass(frozen=True)
class VersionsSeen:
    """The versions of a definition as their page shows them.

    ``told``: what each changed, in words; ``pair`` and ``compared``: two that were chosen.
    """

    versions: list[Version]
    told: dict[int, list[str]]
    pair: tuple[int, int] | None = None
    compared: list[str] | None = None


@pages.get("/<kind>/<key>/versions")
@workspace_page("enter")
def list_versions(uow: UnitOfWork, access: Access, kind: str, key: str) -> ResponseReturnValue:
    """Every published version and what it changed; ``?from=`` and ``?to=`` compare two."""
    seen = versions_seen(uow, access, _known(kind), key)
    return render(
        "definitions/versions.html", kind=kind, key=key, seen=seen, **_around(uow, kind, key)
    )


@pages.post("/<kind>/<key>/versions/<int:number>/restore")
@workspace_page("enter")
def restore_version(
    uow: UnitOfWork, access: Access, kind: str, key: str, number: int
) -> ResponseReturnValue:
    """Make an old version the draft and look at it."""
    versions.restore_version(uow, access, _known(kind), key, number)
    flash("definitions.version-restored", number=number)
    return go_to(review_url(kind, key))


@pages.get("/<kind>/<key>/used-by")
@workspace_page("enter")
def used_by(uow: UnitOfWork, access: Access, kind: str, key: str) -> ResponseReturnValue:
    """Every place that needs the definition."""
    found = uses_of_definition(uow, access, _known(kind), key)
    return render(
        "definitions/used_by.html", kind=kind, key=key, uses=found, **_around(uow, kind, key)
    )


@pages.get("/<kind>/<key>/damaged")
@workspace_page("enter")
def damaged(uow: UnitOfWork, access: Access, kind: str, key: str) -> ResponseReturnValue:
    """What is stored of a draft that cannot be understood, and what brings a whole one back."""
    found = versions.list_versions(uow, access, _known(kind), key)
    draft = store.get_draft(uow, kind, key)
    if is_whole(draft):
        return go_to(show_url(kind, key))
    title = i18n.translate(definition_homes.get(kind).title, current_locale())
    return render(
        "definitions/damaged.html", kind=kind, key=key, draft=draft, versions=found,
        stored=damage.stored_text(uow, access, draft), links=[(title, index_url(kind))],
        may_discard=damage.may_discard(uow, draft),
    )  # fmt: skip


@pages.post("/<kind>/<key>/damaged")
@workspace_page("enter")
def discard_damaged(uow: UnitOfWork, access: Access, kind: str, key: str) -> ResponseReturnValue:
    """Go back to what is published; what was never published goes altogether."""
    access.require(kinds.get(_known(kind)).capability)
    damage.discard(uow, access, store.get_draft(uow, kind, key))
    flash("definitions.damaged-discarded")
    return go_to(index_url(kind))


def versions_seen(uow: UnitOfWork, access: Access, kind: str, key: str) -> VersionsSeen:
    """What the page of versions shows, with the two that the address asks to compare."""
    found = versions.list_versions(uow, access, kind, key)
    numbers = [each.number for each in found]
    told = {
        number: versions.compare_versions(uow, access, kind, key, (number - 1, number))
        for number in numbers[:TOLD]
        if number - 1 in numbers
    }
    pair = request.args.get("from", type=stored_id), request.args.get("to", type=stored_id)
    if pair[0] not in numbers or pair[1] not in numbers:
        return VersionsSeen(found, told)
    chosen = (int(pair[0] or 0), int(pair[1] or 0))
    return VersionsSeen(
        found, told, chosen, versions.compare_versions(uow, access, kind, key, chosen)
    )


def posted_seen() -> Seen:
    """The draft that the editor showed (``tag``) and whether the change shall win (``force``)."""
    text = request.values.get("tag", "")
    tag = int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
    return Seen(tag, request.form.get("force") == "1")


def _known(kind: str) -> str:
    if kind not in definition_homes or kind not in kinds:
        raise NotFound("no-kind", kind=kind[:40])
    return kind


def _around(uow: UnitOfWork, kind: str, key: str) -> dict[str, object]:
    raw = store.get_draft(uow, kind, key).raw
    name = i18n.pick(raw.get("label"), current_locale()) or key
    home = definition_homes.get(kind)
    return {
        "name": name,
        "links": [
            (i18n.translate(home.title, current_locale()), index_url(kind)),
            (name, show_url(kind, key)),
        ],
        "own": url_for("definitions.list_versions", kind=kind, key=key),
        "back": show_url(kind, key),
    }
