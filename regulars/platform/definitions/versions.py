"""The published versions of a definition: listed, compared, brought back as a draft."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from regulars.platform import i18n
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import seeing, store
from regulars.platform.definitions.kinds import kinds
from regulars.platform.definitions.merging import ABSENT, changed_paths
from regulars.platform.definitions.places import place_words, side_words, value_at
from regulars.platform.definitions.snapshot import (
    definition,
    definition_version,
    raise_number,
)
from regulars.platform.definitions.store import Draft
from regulars.platform.errors import NotFound

Raw = Mapping[str, Any]
SHORT = 60
"""Up to how many characters a value is told in full."""


@dataclass(frozen=True)
class Version:
    """One published version; ``is_current`` is what holds now."""

    number: int
    published_at: datetime
    published_by: str
    is_current: bool


def list_versions(uow: UnitOfWork, access: Access, kind: str, key: str) -> list[Version]:
    """Every version of a definition, newest first; NotFound when there is no such definition."""
    access.require(_capability(kind))
    current = store.get_draft(uow, kind, key).published
    rows = uow.execute(
        sa.select(
            definition_version.c.version,
            definition_version.c.published_at,
            definition_version.c.published_by,
        )
        .where(definition_version.c.kind == kind, definition_version.c.key == key)
        .order_by(definition_version.c.version.desc())
    )
    return [Version(n, at, by, n == current) for n, at, by in rows]


def version_body(
    uow: UnitOfWork, access: Access, kind: str, key: str, number: int
) -> Mapping[str, Any]:
    """The JSON of one version."""
    access.require(_capability(kind))
    store.get_draft(uow, kind, key)
    return _seen_body(uow, access, kind, key, number)


def compare_versions(
    uow: UnitOfWork, access: Access, kind: str, key: str, numbers: tuple[int, int]
) -> list[str]:
    """What changed from one version to another, in the reader's words, most of it first."""
    access.require(_capability(kind))
    before, after = (_seen_body(uow, access, kind, key, number) for number in numbers)
    retold = kinds.get(kind).retold(uow, access, before, after)
    return retold or difference_in_words(kind, before, after, access.locale)


def difference_in_words(
    kind: str, before: Mapping[str, Any] | None, after: Mapping[str, Any], locale: str
) -> list[str]:
    """The differences as the kind says them; without words of its own, the places."""
    own = kinds.get(kind).difference
    if own is not None:
        return own(before, after, locale)
    found = [
        _change_words(kind, before or {}, after, path, locale)
        for path in changed_paths(before or {}, after)
    ]
    return list(dict.fromkeys(found))


def _change_words(kind: str, before: Raw, after: Raw, path: str, locale: str) -> str:
    """One change: the place, and what stood and stands there where that is short enough."""
    old, new = value_at(before, path), value_at(after, path)
    place = place_words(kind, before if new is ABSENT else after, path, locale)
    if old is ABSENT or new is ABSENT:
        how = "added" if old is ABSENT else "gone"
        return i18n.translate(f"definitions.change.{how}", locale, place=place)
    sides = [side_words(each, locale) for each in (old, new)]
    if not all(_is_short(each) for each in (old, new)) or sides[0] == sides[1]:
        return place
    return i18n.translate(
        "definitions.change.to", locale, place=place, before=sides[0], after=sides[1]
    )


def _is_short(value: Any) -> bool:
    if isinstance(value, Mapping):
        return set(value) <= set(i18n.LOCALES)
    return isinstance(value, (str, int, float, bool)) and len(str(value)) <= SHORT


def restore_version(
    uow: UnitOfWork, access: Access, kind: str, key: str, number: int, *, tag: int | None = None
) -> Draft:
    """Make an old version the draft; it holds for people once it is published again."""
    access.require(_capability(kind))
    body = _seen_body(uow, access, kind, key, number)
    return store.save_draft(uow, access, kind, body, tag=tag)


def restore_archived(uow: UnitOfWork, access: Access, kind: str, key: str) -> None:
    """Take a definition that was put away back into use, as it was published last."""
    access.require(_capability(kind))
    done = uow.execute(
        definition.update()
        .where(
            definition.c.kind == kind,
            definition.c.key == key,
            definition.c.archived_at.is_not(None),
        )
        .values(archived_at=None)
    )
    if not done.rowcount:
        raise NotFound(f"no-{kind}", key=key)
    raise_number(uow)


def _capability(kind: str) -> str:
    return kinds.get(kind).capability


def _seen_body(uow: UnitOfWork, access: Access, kind: str, key: str, number: int) -> Raw:
    body = _body(uow, kind, key, number)
    return seeing.shown(uow, access, kind, body)


def _body(uow: UnitOfWork, kind: str, key: str, number: int) -> Mapping[str, Any]:
    found: Mapping[str, Any] | None = uow.scalar(
        sa.select(definition_version.c.body).where(
            definition_version.c.kind == kind,
            definition_version.c.key == key,
            definition_version.c.version == number,
        )
    )
    if found is None:
        raise NotFound("no-version", number=number)
    return found
