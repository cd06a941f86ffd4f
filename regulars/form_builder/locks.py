"""Values that a rule keeps: a person may not change them by hand.

A mirror rule that sets a tag or a tier owns it. The rule engine registers a function here that
names what is owned in a workspace.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from regulars.form_builder.batch import Writing
from regulars.form_builder.converting import RowDraft
from regulars.platform.db import UnitOfWork
from regulars.platform.i18n import Text
from regulars.platform.registry import Registry


@dataclass(frozen=True)
class Lock:
    """``field`` of ``form`` (only its tag ``value`` when given) is kept by ``rule``."""

    form: str
    field: str
    rule: Text
    value: str | None = None


LockSource = Callable[[UnitOfWork], Iterable[Lock]]
lock_sources: Registry[LockSource] = Registry("source of locks")


def locks_of(uow: UnitOfWork) -> list[Lock]:
    """Everything rules keep in this workspace; asked once per transaction."""
    known: list[Lock] | None = uow.memo.get("locks")
    if known is None:
        known = [lock for source in lock_sources for lock in source(uow)]
        uow.memo["locks"] = known
    return known


def refuse_locked(writing: Writing, draft: RowDraft) -> None:
    """Note a problem for each value that a rule keeps and that would change.

    A new record may begin with the field's default; the rule takes over from there.
    """
    for lock in locks_of(writing.uow):
        if lock.form != writing.form.key or lock.field not in draft.values:
            continue
        field = writing.form.by_key[lock.field]
        before = (draft.current or {}).get(lock.field)
        after = draft.values[lock.field]
        if lock.value is not None:
            moved = (lock.value in (before or ())) != (lock.value in (after or ()))
        else:
            beginning = (None, field.default) if draft.is_new else (before,)
            moved = after not in beginning
        if moved:
            draft.refuse(
                lock.field,
                "locked-by-rule",
                field=field.name,
                rule=lock.rule,
                value=lock.value or "",
            )
