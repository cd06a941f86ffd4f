"""What the API does with a definition of any kind: read, make, replace, publish.

A published version's ETag is ``"v3"``, a working copy's ``"d7"``. ``If-Match`` takes the working
copy's; ``If-None-Match: *`` asks that there be none yet.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from flask import jsonify, request
from werkzeug.wrappers import Response

from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import damage, seeing, store
from regulars.platform.definitions.kinds import kinds
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.definitions.store import Draft
from regulars.platform.errors import Conflict, Invalid, NotFound
from regulars.platform.problems import Problem
from regulars.platform.strict_json import plain
from regulars.platform.web.api_body import read_query
from regulars.platform.web.api_route import STATE_QUERY
from regulars.platform.web.json_body import read_object

Raw = Mapping[str, Any]
Save = Callable[[Raw, int | None], Draft]
_TAG = re.compile(r"d?(\d{1,18})")


class DefinitionExists(Conflict):
    """A definition of this kind and key is there already."""

    code = "definition-exists"


def read(
    uow: UnitOfWork, access: Access, kind: str, key: str, told: Callable[[Raw], Raw] = dict
) -> Response:
    """The published definition, or the working copy with ``?state=draft`` for who may edit.

    ``told`` makes of the published one what this reader may see of it.
    """
    if wants_drafts():
        access.require(kinds.get(kind).capability)
        draft = store.get_draft(uow, kind, key)
        if draft.stored is not None:  # no JSON that could be answered
            raise damage.damaged(uow, access, draft)
        seeing.require_whole(uow, access, kind, draft.raw)
        return draft_answer(uow, access, draft)
    found = snapshot(uow).items.get((kind, key))
    if found is None:
        raise NotFound(f"no-{kind}", key=key)
    seen = seeing.told(uow, access, kind, found.raw)
    if seen is None:
        raise seeing.DefinitionNotWhole()
    answer = jsonify(dict(told(seen)))
    answer.set_etag(f"v{found.version}")
    return answer.make_conditional(request)


def create(
    uow: UnitOfWork,
    access: Access,
    kind: str,
    taken: type[Conflict] = DefinitionExists,
    save: Save | None = None,
) -> Response:
    """Keep the body as a new working copy; 409 when its key is taken.

    ``save`` is for a kind that does more than the store on keeping one.
    """
    raw = plain({"kind": kind, **read_object(request)})
    key = str(raw.get("key", ""))
    if store.find_draft(uow, kind, key) is not None:
        raise taken(key=key)
    draft = (save or _saving(uow, access, kind))(raw, 0)
    answer = draft_answer(uow, access, draft, 201)
    answer.headers["Location"] = f"{request.path}/{draft.key}"
    return answer


def replace(
    uow: UnitOfWork, access: Access, kind: str, key: str, save: Save | None = None
) -> Response:
    """Keep the body as the working copy: 201 when it is the first, 412 when it is outdated.

    With ``?merge=true`` an outdated one is brought together with what others saved meanwhile; 409
    names who changed the same place.
    """
    raw = plain({"kind": kind, "key": key, **read_object(request)})
    if raw["key"] != key:
        raise Invalid([Problem("key", "shape-const", {"expected": key})])
    known = store.find_draft(uow, kind, key)
    if known is not None:
        seeing.require_whole(uow, access, kind, known.raw)
    outdated, keep = _outdated_tag(known), save or _saving(uow, access, kind)
    if known is not None and outdated is not None:
        draft = keep(store.bring_together(uow, access, known, raw, outdated), known.tag)
    else:
        draft = keep(raw, _expected(known, key))
    return draft_answer(uow, access, draft, 200 if known else 201)


def publish(uow: UnitOfWork, access: Access, kind: str, key: str) -> dict[str, Any]:
    """Publish the working copy; 422 with every problem."""
    seeing.require_seen(uow, access, kind, key)
    versions = store.publish(uow, access, [(kind, key)])
    return {"version": versions[kind, key], "problems": []}


def drafts(uow: UnitOfWork, access: Access, kind: str) -> list[dict[str, Any]]:
    """Every working copy of a kind that this reader may read; for those who may edit them."""
    access.require(kinds.get(kind).capability)
    return [dict(draft.raw) for draft in seeing.seen_drafts(uow, access, kind)]


def published(uow: UnitOfWork, access: Access, kind: str) -> list[dict[str, Any]]:
    """Every published definition of a kind that this reader may read, with its version."""
    every = (each for each in snapshot(uow).items.values() if each.kind == kind)
    told = ((each, seeing.told(uow, access, kind, each.raw)) for each in every)
    return [{**raw, "version": each.version} for each, raw in told if raw is not None]


def expected_tag(uow: UnitOfWork, kind: str, key: str) -> int | None:
    """The tag of the working copy that ``If-Match`` names; VersionConflict when it is another."""
    return _expected(store.find_draft(uow, kind, key), key)


def wants_drafts() -> bool:
    """Whether ``?state=draft`` stands in the address; any other state is refused."""
    return "state" in read_query(request, STATE_QUERY)


def draft_answer(uow: UnitOfWork, access: Access, draft: Draft, status: int = 200) -> Response:
    """A working copy as its reader may read it, with its ETag."""
    answer = jsonify(dict(seeing.answered(uow, access, draft)))
    answer.status_code = status
    answer.set_etag(f"d{draft.tag}")
    return answer.make_conditional(request) if request.method == "GET" else answer


def _outdated_tag(known: Draft | None) -> int | None:
    """The older tag that the caller began with, when the caller asked for merging."""
    if request.args.get("merge") != "true" or known is None:
        return None
    given = [_TAG.fullmatch(each or "") for each in request.if_match.as_set()]
    tags = [int(each[1]) for each in given if each]
    return tags[0] if len(tags) == 1 and tags[0] < known.tag else None


def _expected(known: Draft | None, key: str) -> int | None:
    """The tag that the working copy must still have; None when the caller does not mind."""
    if request.if_none_match.star_tag:
        return 0
    if "If-Match" not in request.headers:
        return None
    current = known.tag if known is not None else None
    if current is not None and request.if_match.star_tag:
        return current
    given = [_TAG.fullmatch(each or "") for each in request.if_match.as_set()]
    if current is None or current not in {int(each[1]) for each in given if each}:
        raise store.outdated(known, key)
    return current


def _saving(uow: UnitOfWork, access: Access, kind: str) -> Save:
    return lambda raw, tag: store.save_draft(uow, access, kind, raw, tag=tag)
