"""Where a definition is used: by other definitions, and by whoever else says so.

The first is found by trying: the definition is thought away, every published one is checked
again, and each new problem is a place that uses it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.effects import Break, uses_of
from regulars.platform.definitions.kinds import kinds
from regulars.platform.definitions.places import named, place_in_words
from regulars.platform.definitions.snapshot import Published, snapshot
from regulars.platform.i18n import LOCALES, Text, pick
from regulars.platform.registry import Registry


@dataclass(frozen=True)
class Use:
    """One place that uses a definition or one of its fields; ``path`` lies within ``kind/key``."""

    kind: str
    key: str
    name: Text
    path: str
    place: Text
    why: Text = ""
    field: str = ""  # the field of the form ``key`` that does the using


@dataclass(frozen=True)
class Used:
    """What is asked about: a definition, or the field ``ref`` (``items.price``) of a form."""

    kind: str
    key: str
    ref: str = ""


UseSource = Callable[[UnitOfWork, Used], Iterable[Use]]
use_sources: Registry[UseSource] = Registry("source of uses")
"""Who else knows uses: whatever is no definition, as import maps, members and packs."""


def uses_of_definition(uow: UnitOfWork, access: Access, kind: str, key: str) -> list[Use]:
    """Every place that needs a definition; none for one that was never published."""
    access.require(kinds.get(kind).capability)
    found: list[Use] = []
    if (kind, key) in snapshot(uow).items:
        found = distinct(uses_of(uow, kind, key))
    return [*found, *told(uow, Used(kind, key))]


def distinct(found: Iterable[Break]) -> list[Use]:
    """One use per place, however many problems there are with it."""
    uses: dict[tuple[str, str, str], Use] = {}
    for each in found:
        item, path = each.item, each.problem.path
        why = {locale: each.problem.message(locale) for locale in LOCALES}
        use = Use(
            item.kind, item.key, named(item.kind, item.raw), path,
            place_in_words(item.kind, item.raw, path), why, _using_field(item, path),
        )  # fmt: skip
        uses.setdefault((item.kind, item.key, path), use)
    return list(uses.values())


def told(uow: UnitOfWork, used: Used) -> list[Use]:
    """What everybody else says who registered."""
    return [use for source in use_sources for use in source(uow, used)]


def use_json(use: Use, locale: str) -> dict[str, str]:
    """One use in the reader's words."""
    return {
        "kind": use.kind, "key": use.key, "name": pick(use.name, locale), "path": use.path,
        "place": pick(use.place, locale), "why": pick(use.why, locale),
    }  # fmt: skip


def _using_field(item: Published, path: str) -> str:
    parts = path.split("/")
    fields = item.raw.get("fields", ())
    if len(parts) < 2 or parts[0] != "fields" or not parts[1].isdecimal():
        return ""
    return str(fields[int(parts[1])]["key"]) if int(parts[1]) < len(fields) else ""
