"""What a mirror keeps in the records themselves, written through the forms' one write path."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.locks import Lock
from regulars.form_builder.origin import Origin
from regulars.form_builder.records import write_batch
from regulars.form_builder.storing import load_tags
from regulars.platform.accounts.access import system_access
from regulars.platform.db import UnitOfWork
from regulars.rule_engine.book import PinnedRule, book_of
from regulars.rule_engine.definition import Sets

if TYPE_CHECKING:
    from regulars.rule_engine.mirrors import Cause, Turn

log = logging.getLogger(__name__)


def write(
    uow: UnitOfWork, pinned: PinnedRule, sets: Sets, turns: Sequence[Turn], cause: Cause
) -> None:
    """Set or take away what the mirror keeps for everybody who turned."""
    form = pinned.rule.subject
    groups: dict[tuple[tuple[str, ...], bool], list[Turn]] = {}
    for turn in turns:
        chain = (*cause.chains.get(turn.record, ()), pinned.rule.key)
        groups.setdefault((chain, cause.is_historic(turn.record)), []).append(turn)
    for (chain, is_historic), some in groups.items():
        rows = (
            _tag_rows(uow, form, sets, some) if sets.add is not None else _choice_rows(sets, some)
        )
        origin = Origin(
            "rule", automation="none" if is_historic else "live", chain=chain,
            ref=f"rule:{pinned.rule.key}",
        )  # fmt: skip
        access = system_access(uow.workspace.locale)
        result = write_batch(uow, access, form, rows, origin=origin, mode="update")
        for refused in result.refused:
            codes = [problem.code for problem in refused.problems]
            if codes != ["no-such-record"]:
                log.warning("Rule %s could not mark a record: %s", pinned.rule.key, codes)


def _tag_rows(
    uow: UnitOfWork, form: str, sets: Sets, turns: Sequence[Turn]
) -> list[Mapping[str, Any]]:
    tables = catalog_of(uow).tables[form]
    held = load_tags(uow, tables, [turn.record for turn in turns]).get(sets.field, {})
    rows: list[Mapping[str, Any]] = []
    for turn in turns:
        before = held.get(turn.record, frozenset())
        after = before | {sets.add} if turn.after else before - {sets.add}
        if after != before:
            rows.append({"id": turn.record, sets.field: sorted(str(tag) for tag in after)})
    return rows


def _choice_rows(sets: Sets, turns: Sequence[Turn]) -> list[Mapping[str, Any]]:
    return [{"id": turn.record, sets.field: turn.after} for turn in turns]


def locks(uow: UnitOfWork) -> list[Lock]:
    """What published mirrors keep, for the forms: no hand may change it."""
    found = []
    for pinned in book_of(uow).mirrors:
        sets = pinned.rule.sets
        if sets is not None:
            found.append(Lock(pinned.rule.subject, sets.field, pinned.rule.label, sets.add))
    return found
