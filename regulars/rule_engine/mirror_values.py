"""What mirrors keep in the records themselves, written through the forms' one write path."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.locks import Lock
from regulars.form_builder.origin import Origin
from regulars.form_builder.records import write_batch
from regulars.form_builder.storing import load_tags
from regulars.platform.accounts.access import system_access
from regulars.platform.db import UnitOfWork
from regulars.rule_engine.book import book_of
from regulars.rule_engine.definition import Sets

if TYPE_CHECKING:
    from regulars.rule_engine.mirrors import Move, Turn

log = logging.getLogger(__name__)

Kept = tuple["Move", Sets]


@dataclass(frozen=True)
class _Wish:
    """What one mirror wants of one record, and the rules that led to it, itself the last."""

    rule: str
    chain: tuple[str, ...]
    sets: Sets
    turn: Turn


def write(uow: UnitOfWork, kept: Sequence[Kept]) -> None:
    """Set or take away what the mirrors keep for everybody who turned.

    Mirrors of one field write each record once, and its history names them all. Different fields
    are written each by itself: what a rule does not ask for is no history to it.
    """
    places: dict[tuple[str, str, bool], dict[int, list[_Wish]]] = {}
    for move, sets in kept:
        rule, cause = move.pinned.rule, move.cause
        for turn in move.turns:
            chain = (*cause.chains.get(turn.record, ()), rule.key)
            place = (rule.subject, sets.field, cause.is_historic(turn.record))
            wish = _Wish(rule.key, chain, sets, turn)
            places.setdefault(place, {}).setdefault(turn.record, []).append(wish)
    for (form, field, is_historic), wishes in places.items():
        _write_field(uow, form, field, wishes, automation="none" if is_historic else "live")


def _write_field(
    uow: UnitOfWork, form: str, field: str, wishes: Mapping[int, Sequence[_Wish]], *,
    automation: str,
) -> None:  # fmt: skip
    values = _values(uow, form, field, wishes)
    refs = ["rule:" + ",".join(each.rule for each in wishes[record]) for record in values]
    result = write_batch(
        uow, system_access(uow.workspace.locale), form,
        [{"id": record, field: value} for record, value in values.items()],
        origin=Origin("rule", automation=automation), mode="update", refs=refs,
        chains=[wishes[record][0].chain for record in values],
    )  # fmt: skip
    for refused in result.refused:
        codes = [problem.code for problem in refused.problems]
        if codes != ["no-such-record"]:
            log.warning("%s could not mark a record: %s", refs[refused.index], codes)


def _values(
    uow: UnitOfWork, form: str, field: str, wishes: Mapping[int, Sequence[_Wish]]
) -> dict[int, Any]:
    """Record → what the field is to hold, for whoever does not hold it yet as far as is known."""
    if all(each.sets.add is None for some in wishes.values() for each in some):
        return {record: some[-1].turn.after for record, some in wishes.items()}
    held = load_tags(uow, catalog_of(uow).tables[form], sorted(wishes)).get(field, {})
    values = {}
    for record, some in wishes.items():
        before = held.get(record, frozenset())
        after = {str(tag) for tag in before}
        for each in some:
            change = after.add if each.turn.after else after.discard
            change(str(each.sets.add))
        if after != before:
            values[record] = sorted(after)
    return values


def locks(uow: UnitOfWork) -> list[Lock]:
    """What published mirrors keep, for the forms: no hand may change it."""
    found = []
    for pinned in book_of(uow).mirrors:
        sets = pinned.rule.sets
        if sets is not None:
            found.append(Lock(pinned.rule.subject, sets.field, pinned.rule.label, sets.add))
    return found
