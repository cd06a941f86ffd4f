"""What was done about people, by whom and why: merged, handed out, corrected, erased."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regulars.form_builder.people.tables import person_log
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork


def log_person(  # noqa: PLR0913 - each part of the line is its own
    uow: UnitOfWork, access: Access, form: str, record: int, done: str,
    detail: Mapping[str, Any] | None = None, reason: str | None = None,
) -> int:  # fmt: skip
    """Write one line and give its id; ``detail`` holds counts and ids, never what is known of the
    person."""
    made = uow.execute(
        person_log.insert().values(
            form=form, record=record, done=done, detail=None if detail is None else dict(detail),
            reason=reason, actor=access.actor, actor_name=access.name, at=uow.now,
        )
    ).inserted_primary_key  # fmt: skip
    assert made is not None
    return int(made[0])


def log_of(uow: UnitOfWork, form: str, record: int, limit: int = 200) -> list[Any]:
    """What was done about one person, newest first."""
    return list(
        uow.execute(
            person_log.select()
            .where(person_log.c.form == form, person_log.c.record == record)
            .order_by(person_log.c.id.desc())
            .limit(limit)
        )
    )
