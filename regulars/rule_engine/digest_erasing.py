"""Taking an erased person out of the reports that named them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from regulars.platform.db import UnitOfWork
from regulars.rule_engine.digest_tables import report_result, report_result_person
from regulars.rule_engine.tables import outbound

_BLOT = "–"


def erase_from_digests(uow: UnitOfWork, form: str, record: int) -> int:
    """Blot the rows of kept pages that name a person, and empty the mails that carried them.

    The numbers stay; how many pages there were.
    """
    named = uow.execute(
        report_result_person.select().where(
            report_result_person.c.form == form, report_result_person.c.record == record
        )
    ).all()
    rows: dict[int, set[int]] = {}
    for each in named:
        rows.setdefault(each.result, set()).add(each.row)
    kept = uow.execute(report_result.select().where(report_result.c.id.in_(rows))).all()
    for result in kept:
        page = _blotted(result.page, rows[result.id])
        uow.execute(
            report_result.update().where(report_result.c.id == result.id).values(page=page)
        )
    _empty_mails(uow, [each.outbound_key for each in kept if each.outbound_key])
    return len(kept)


def _blotted(page: dict[str, Any], rows: set[int]) -> dict[str, Any]:
    numbers = set(page["numbers"])
    return {
        **page,
        "rows": [
            [cell if n in numbers else _BLOT for n, cell in enumerate(row)] if at in rows else row
            for at, row in enumerate(page["rows"])
        ],
    }


def _empty_mails(uow: UnitOfWork, keys: list[str]) -> None:
    carried = outbound.c.idempotency_key.in_(keys)
    waiting = sa.and_(carried, outbound.c.status == "queued")
    told = {"reason": {"code": "person-erased"}, "finished_at": uow.now}
    uow.execute(outbound.update().where(waiting).values(status="suppressed", **told))
    uow.execute(outbound.update().where(carried).values(body={}))
