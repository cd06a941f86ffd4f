"""Saving drafts and publishing versions. A published version never changes.

Permission is the caller's capability for the kind; publishing checks every definition of the
set against the workspace as it will be, and reports all problems together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from regulars.platform import columns
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import draft_log, watching
from regulars.platform.definitions.effects import breaks
from regulars.platform.definitions.kinds import DefinitionKind, kinds
from regulars.platform.definitions.merging import Clash, merge
from regulars.platform.definitions.places import place_in_words
from regulars.platform.definitions.reading import json_object, note_read
from regulars.platform.definitions.snapshot import (
    Published,
    Snapshot,
    definition,
    definition_version,
    raise_number,
    snapshot,
)
from regulars.platform.errors import Invalid, NotFound, VersionConflict
from regulars.platform.json_schema import in_schema_order
from regulars.platform.problems import Problem, under
from regulars.platform.strict_json import plain


class DraftClash(VersionConflict):
    """Two people changed the same place of a draft; nothing was saved.

    ``clashes`` names each place with both wishes, ``mine`` is what was sent, ``theirs`` the draft
    as it stands, with its ``tag``.
    """

    status, code = 409, "draft-clash"

    def __init__(
        self,
        clashes: Sequence[Clash],
        mine: Mapping[str, Any],
        theirs: Draft,
        authors: Sequence[str],
    ) -> None:
        places = [place_in_words(theirs.kind, theirs.raw, each.path) for each in clashes]
        super().__init__(who=list(authors), places=places)
        self.clashes = tuple(clashes)
        self.mine = mine
        self.theirs = theirs
        self.authors = tuple(authors)


@dataclass(frozen=True)
class Draft:
    """What is being worked on; ``tag`` changes with every save (an ETag).

    ``stored`` is the text that is stored where that is no JSON object; ``raw`` is empty then.
    """

    kind: str
    key: str
    raw: Mapping[str, Any]
    tag: int
    published: int | None
    changed: bool  # differs from the published version
    saved_at: datetime | None = None
    saved_by: str | None = None
    stored: str | None = None


_STORED = sa.type_coerce(definition.c.draft, columns.Text()).label("stored")


def find_draft(uow: UnitOfWork, kind: str, key: str) -> Draft | None:
    """The working copy of a definition, its published body when nothing is being edited."""
    row = uow.execute(
        sa.select(*(each for each in definition.c if each.name != "draft"), _STORED).where(
            definition.c.kind == kind, definition.c.key == key
        )
    ).first()
    if row is None or row.archived_at is not None:
        return None
    published = snapshot(uow).items.get((kind, key))
    body = published.raw if published else {}
    raw = body if row.stored is None else json_object(row.stored)
    return note_read(uow, Draft(
        kind, key, {} if raw is None else raw, row.draft_tag, row.published,
        row.stored is not None, row.draft_at, row.draft_by, row.stored if raw is None else None,
    ))  # fmt: skip


def get_draft(uow: UnitOfWork, kind: str, key: str) -> Draft:
    """The working copy; NotFound when there is no such definition."""
    found = find_draft(uow, kind, key)
    if found is None:
        raise NotFound(f"no-{kind}", key=key)
    return found


def list_drafts(uow: UnitOfWork, kind: str) -> list[Draft]:
    """Every definition of a kind, also those never published, in the owner's order."""
    keys = uow.execute(
        sa.select(definition.c.key)
        .where(definition.c.kind == kind, definition.c.archived_at.is_(None))
        .order_by(definition.c.position, definition.c.key)
    ).scalars()
    return [get_draft(uow, kind, key) for key in keys.all()]


def known_keys(uow: UnitOfWork, kind: str) -> set[str]:
    """Every key of a kind that is taken, those of definitions out of use included."""
    return set(uow.execute(sa.select(definition.c.key).where(definition.c.kind == kind)).scalars())


def save_draft(
    uow: UnitOfWork, access: Access, kind: str, raw: Mapping[str, Any], *, tag: int | None = None
) -> Draft:
    """Keep a working copy. Only its shape must hold; meaning is checked at publish.

    Raises Invalid with every shape problem; VersionConflict, naming who was faster, when ``tag``
    is not the current one (`bring_together` may help then).
    """
    served = kinds.get(kind)
    access.require(served.capability)
    _refuse_bad_shape(served, raw)
    key = raw["key"]
    known = find_draft(uow, kind, key)
    if served.fill is not None:
        raw = served.fill(uow, access, raw, None if known is None else known.raw)
    current = _tag_of(uow, kind, key)
    if tag is not None and (current or 0) != tag:
        raise outdated(known, key)
    served.guard(uow, access, snapshot(uow).find(kind, key), served.parse(raw))
    ordered = in_schema_order(plain(raw), served.schema, served.schema)
    if known is not None and current and draft_log.body_at(uow, (kind, key), current) is None:
        draft_log.note(uow, (kind, key), current, known.raw, known.saved_by or access.name)
    values = {"draft": ordered, "draft_at": uow.now, "draft_by": access.name, "archived_at": None}
    if current is None:
        count = uow.scalar(sa.select(sa.func.count()).where(definition.c.kind == kind))
        uow.execute(
            definition.insert().values(kind=kind, key=key, draft_tag=1, position=count, **values)
        )
    else:
        uow.execute(
            definition.update()
            .where(definition.c.kind == kind, definition.c.key == key)
            .values(draft_tag=current + 1, **values)
        )
    draft_log.note(uow, (kind, key), (current or 0) + 1, ordered, access.name)
    served.drafted(uow, access, known, ordered)
    uow.memo.pop("snapshot", None)
    return get_draft(uow, kind, key)


def _refuse_bad_shape(served: DefinitionKind, raw: Mapping[str, Any]) -> None:
    problems = served.problems(raw)
    if problems:
        raise Invalid(problems)


def _tag_of(uow: UnitOfWork, kind: str, key: str) -> int | None:
    found: int | None = uow.scalar(
        sa.select(definition.c.draft_tag).where(definition.c.kind == kind, definition.c.key == key)
    )
    return found


def bring_together(
    uow: UnitOfWork, access: Access, theirs: Draft, mine: Mapping[str, Any], tag: int, *,
    force: bool = False,
) -> Mapping[str, Any]:  # fmt: skip
    """Mine and the draft as it stands in one, starting from the draft at ``tag``.

    DraftClash when both changed the same place; with ``force`` mine counts there. VersionConflict
    when the draft at ``tag`` is no longer known.
    """
    if tag == theirs.tag:
        return mine
    name = (theirs.kind, theirs.key)
    base = draft_log.body_at(uow, name, tag)
    if base is None:
        raise outdated(theirs, theirs.key)
    fill = kinds.get(theirs.kind).fill
    merged = merge(base, mine if fill is None else fill(uow, access, mine, base), theirs.raw)
    if merged.clashes and not force:
        raise DraftClash(merged.clashes, mine, theirs, draft_log.authors_since(uow, name, tag))
    brought: Mapping[str, Any] = merged.value
    return brought


def outdated(known: Draft | None, key: str) -> VersionConflict:
    """The error that names who changed the draft in the meantime, if that is known."""
    if known is None or not known.saved_by:
        return VersionConflict("draft-changed", key=key)
    return VersionConflict("draft-changed-by", key=key, who=known.saved_by)


def discard_draft(uow: UnitOfWork, access: Access, kind: str, key: str) -> None:
    """Throw the unpublished changes away; a definition never published goes altogether."""
    access.require(kinds.get(kind).capability)
    draft = get_draft(uow, kind, key)
    where = (definition.c.kind == kind, definition.c.key == key)
    if draft.published is None:
        uow.execute(definition.delete().where(*where))
    else:
        tag = draft.tag + 1
        uow.execute(definition.update().where(*where).values(draft=None, draft_tag=tag))
        body = snapshot(uow).items[kind, key].raw
        draft_log.note(uow, (kind, key), tag, body, access.name)


def check_drafts(uow: UnitOfWork, chosen: Sequence[tuple[str, str]]) -> list[Problem]:
    """Every problem that publishing these drafts together would meet."""
    _fresh, _after, problems = _prepare(uow, chosen)
    return problems


def publish(
    uow: UnitOfWork, access: Access, chosen: Sequence[tuple[str, str]], *, pack: str | None = None
) -> dict[tuple[str, str], int]:
    """Publish drafts (kind, key) together in this transaction; the new version of each.

    A definition without changes keeps its version. Raises Invalid with every problem of every
    definition, its path starting with ``kind/key``.
    """
    for kind in {kind for kind, _key in chosen}:
        access.require(kinds.get(kind).capability)
    before = snapshot(uow)
    fresh, after, problems = _prepare(uow, chosen)
    if problems:
        raise Invalid(problems)
    changed = {each.kind for each in fresh}
    looks = watching.begin(uow, access, changed)
    for each in fresh:
        served, known = kinds.get(each.kind), before.find(each.kind, each.key)
        served.guard(uow, access, known, each.parsed)
        _write_version(uow, access, each, pack)
        served.note(uow, access, known, each.parsed)
    for kind in (name for name in kinds.names() if name in changed):  # forms' tables come first
        keys = [each.key for each in fresh if each.kind == kind]
        kinds.get(kind).published(uow, before, after, keys)
    if fresh:
        raise_number(uow)
    for look in looks:
        look()
    return {(kind, key): after.version(kind, key) for kind, key in chosen}


def amend(
    uow: UnitOfWork, access: Access, kind: str, key: str,
    change: Callable[[Mapping[str, Any]], Mapping[str, Any]], *,
    marks: Mapping[str, Any] | None = None,
) -> int:  # fmt: skip
    """Publish ``change`` of what is published, and make it in the draft, too, if there is one.

    Other unpublished changes stay unpublished. ``marks`` are told to the checks (in ``derived``
    of the snapshot they see). Returns the new version; Invalid as `publish`.
    """
    access.require(kinds.get(kind).capability)
    before = snapshot(uow)
    item = before.items.get((kind, key))
    if item is None:
        raise NotFound(f"no-{kind}", key=key)
    draft = get_draft(uow, kind, key)
    changed = Draft(kind, key, change(item.raw), draft.tag, draft.published, True)
    if changed.raw == item.raw:
        return item.version
    fresh, after, problems = _prepare_all(uow, [changed], marks or {})
    if problems:
        raise Invalid(problems)
    served, looks = kinds.get(kind), watching.begin(uow, access, [kind])
    served.guard(uow, access, item.parsed, fresh[0].parsed)
    _write_version(uow, access, fresh[0], None)
    served.note(uow, access, item.parsed, fresh[0].parsed)
    if draft.changed:
        save_draft(uow, access, kind, change(draft.raw))
    else:
        _move_on(uow, access, draft, fresh[0].raw)
    served.published(uow, before, after, [key])
    raise_number(uow)
    for look in looks:
        look()
    return fresh[0].version


def _move_on(uow: UnitOfWork, access: Access, draft: Draft, raw: Mapping[str, Any]) -> None:
    """Give what holds from now on a tag of its own: who looks at the old one is told."""
    name, tag = (draft.kind, draft.key), draft.tag + 1
    if draft_log.body_at(uow, name, draft.tag) is None:
        draft_log.note(uow, name, draft.tag, draft.raw, draft.saved_by or access.name)
    uow.execute(
        definition.update()
        .where(definition.c.kind == draft.kind, definition.c.key == draft.key)
        .values(draft_tag=tag, draft_at=uow.now, draft_by=access.name)
    )
    draft_log.note(uow, name, tag, raw, access.name)


def archive(uow: UnitOfWork, access: Access, kind: str, key: str) -> None:
    """Take a definition out of use; its versions and records stay."""
    served = kinds.get(kind)
    access.require(served.capability)
    get_draft(uow, kind, key)
    known, looks = snapshot(uow).find(kind, key), watching.begin(uow, access, [kind])
    served.guard(uow, access, known, None)
    served.note(uow, access, known, None)
    uow.execute(
        definition.update()
        .where(definition.c.kind == kind, definition.c.key == key)
        .values(archived_at=uow.now)
    )
    raise_number(uow)
    for look in looks:
        look()


def get_version(uow: UnitOfWork, kind: str, key: str, version: int) -> Any:
    """The parsed definition of one published version, however old."""
    body = uow.scalar(
        sa.select(definition_version.c.body).where(
            definition_version.c.kind == kind,
            definition_version.c.key == key,
            definition_version.c.version == version,
        )
    )
    if body is None:
        raise NotFound(f"no-{kind}", key=key)
    return kinds.get(kind).parse(body)


def _prepare(
    uow: UnitOfWork, chosen: Sequence[tuple[str, str]]
) -> tuple[list[Published], Snapshot, list[Problem]]:
    drafts = [get_draft(uow, kind, key) for kind, key in chosen]
    return _prepare_all(uow, [draft for draft in drafts if draft.changed])


def _prepare_all(
    uow: UnitOfWork, drafts: Sequence[Draft], marks: Mapping[str, Any] | None = None
) -> tuple[list[Published], Snapshot, list[Problem]]:
    problems: list[Problem] = []
    fresh: list[Published] = []
    for draft in drafts:
        served = kinds.get(draft.kind)
        found = served.problems(draft.raw)
        problems += under(f"{draft.kind}/{draft.key}", found)
        if not found:
            fresh.append(_candidate(uow, served, draft))
    before = snapshot(uow)
    after = before.overlaid(fresh)
    after.derived.update(marks or {})
    for each in fresh:
        found = kinds.get(each.kind).check(each.parsed, after)
        problems += under(f"{each.kind}/{each.key}", found)
    replaced = [each for each in fresh if (each.kind, each.key) in before.items]
    if any(not kinds.get(each.kind).checks_users for each in replaced):
        problems += [each.as_problem() for each in breaks(before, after)]
    return fresh, after, problems


def _candidate(uow: UnitOfWork, kind: DefinitionKind, draft: Draft) -> Published:
    latest = uow.scalar(
        sa.select(sa.func.max(definition_version.c.version)).where(
            definition_version.c.kind == draft.kind, definition_version.c.key == draft.key
        )
    )
    known = snapshot(uow).items.get((draft.kind, draft.key))
    raw = kind.settle(uow, draft.raw, None if known is None else known.raw)
    return Published(draft.kind, draft.key, (latest or 0) + 1, raw, kind.parse(raw), uow.now)


def _write_version(uow: UnitOfWork, access: Access, each: Published, pack: str | None) -> None:
    uow.execute(
        definition_version.insert().values(
            kind=each.kind,
            key=each.key,
            version=each.version,
            body=dict(each.raw),
            published_at=uow.now,
            published_by=access.name,
        )
    )
    values = {"draft": None, "published": each.version, **({} if pack is None else {"pack": pack})}
    uow.execute(
        definition.update()
        .where(definition.c.kind == each.kind, definition.c.key == each.key)
        .values(**values)
    )
