"""Reports at set times: read in each reader's eyes as of the fire's own instant, and kept.

Reading happens before the run begins and outside of any writing transaction; the run's step then
sends what was kept. A fire that is worked on twice keeps everything once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from regulars.platform.accounts.access import Access
from regulars.platform.accounts.members import Member, list_members, member_access
from regulars.platform.accounts.role_book import roles_of
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Conflict, RegularsError
from regulars.platform.inserting import insert_new
from regulars.rule_engine.definition import Rule, Step
from regulars.rule_engine.digest_tables import report_result, report_result_person
from regulars.rule_engine.judging import in_json
from regulars.rule_engine.reporting import REPORTS, Reporting, reporting

USUAL_READERS = ("owner",)
KEPT_FOR = timedelta(days=3 * 366)
GROUP = 0  # the reader is a group of staff, not a member


@dataclass(frozen=True)
class Reader:
    """Somebody a report is read for. ``member`` is `GROUP` for a staff group."""

    member: int
    name: str
    access: Access
    address: str | None


def require_people(rule: Rule) -> None:
    """Conflict for a rule that is about nobody."""
    if rule.is_report:
        raise Conflict("report-has-no-people", rule=rule.label)


def reports_of() -> Reporting:
    """Who runs reports here."""
    return reporting.get(REPORTS)


def entry_key(at: datetime) -> str:
    """What tells one run of a report rule from the next: the instant it answers for."""
    return in_json(at)


def readers_of(uow: UnitOfWork, step: Step) -> list[Reader]:
    """Everybody a step means, as members of this moment; a group sees with one role's eyes."""
    own = step.settings
    wanted = tuple(own.get("readers", USUAL_READERS))
    if own["channel"] == "staff":
        return [_group(uow, own["to"], wanted[0])]
    chosen = [each for each in list_members(uow) if each.active and _is_meant(each, wanted)]
    return [Reader(each.id, each.name, member_access(uow, each), each.email) for each in chosen]


def _is_meant(member: Member, wanted: Sequence[str]) -> bool:
    return member.role in wanted or member.email.casefold() in {w.casefold() for w in wanted}


def _group(uow: UnitOfWork, key: str, role: str) -> Reader:
    eyes = Access(None, key, role, uow.workspace.locale, roles=roles_of(uow))
    return Reader(GROUP, key, eyes, key)


@dataclass(frozen=True)
class Read:
    """A row of `report_result` to be kept, and the (row, form, record) its page names."""

    row: dict[str, Any]
    people: Sequence[tuple[int, str, int]]


def read_for_all(uow: UnitOfWork, rule: Rule, steps: Iterable[Step], at: datetime) -> list[Read]:
    """What some steps of a rule have to keep, as of ``at``."""
    return [
        _row(uow, rule, step, reader, at) for step in steps for reader in readers_of(uow, step)
    ]


def _row(uow: UnitOfWork, rule: Rule, step: Step, reader: Reader, at: datetime) -> Read:
    own, access = step.settings, reader.access
    page, error = _read(uow, access, own, at)
    people = page.pop("people") if page else []
    row = {
        "key": ":".join([rule.key, entry_key(at), step.id, str(reader.member)]),
        "rule": rule.key, "step": step.id, "report": own["report"], "scheduled_for": at,
        "member": reader.member, "reader": reader.name, "role": access.role,
        "units": list(access.unit_ids), "locale": access.locale, "channel": own["channel"],
        "address": reader.address, "since": page and page["since"],
        "until": page and page["until"], "page": page, "error": error,
        "created_at": uow.database.clock(),
    }  # fmt: skip
    return Read(row, people)


def _read(
    uow: UnitOfWork, access: Access, own: Mapping[str, Any], at: datetime
) -> tuple[dict[str, Any] | None, str | None]:
    """The page, or why this reader gets none, in their own words."""
    try:
        found = reports_of().run(uow, access, own["report"], own.get("period"), at)
    except RegularsError as error:
        return None, error.message(access.locale)
    return dict(found), None


def keep(uow: UnitOfWork, found: Sequence[Read]) -> None:
    """Keep what was read; what has been kept before stays as it is, what is very old goes."""
    for each in found:
        for made in insert_new(uow, report_result, [each.row], "id"):
            named = [
                {"result": made, "row": row, "form": form, "record": record}
                for row, form, record in each.people
            ]
            insert_new(uow, report_result_person, named, "result")
    for rule in {each.row["rule"] for each in found}:
        _forget_old(uow, rule)


def _forget_old(uow: UnitOfWork, rule: str) -> None:
    old = sa.and_(report_result.c.rule == rule, report_result.c.scheduled_for < uow.now - KEPT_FOR)
    gone = sa.select(report_result.c.id).where(old)
    uow.execute(report_result_person.delete().where(report_result_person.c.result.in_(gone)))
    uow.execute(report_result.delete().where(old))


def kept_rows(uow: UnitOfWork, rule: Rule, step: Step, at: datetime) -> list[Any]:
    """What a step is to send for an instant; read now where nobody has read it yet."""
    mine = report_result.select().where(
        report_result.c.rule == rule.key,
        report_result.c.step == step.id,
        report_result.c.scheduled_for == at,
    )
    found = list(uow.execute(mine.order_by(report_result.c.id)))
    if not found:
        keep(uow, read_for_all(uow, rule, [step], at))
        found = list(uow.execute(mine.order_by(report_result.c.id)))
    return found


def letters(uow: UnitOfWork, rule: Rule, step: Step, at: datetime) -> list[list[Any]]:
    """What leaves with a step: for each reader the kept rows of all steps that go the same way.

    A reader for whom a later step has something waits for that one.
    """
    found: dict[tuple[int, str | None], list[Any]] = {}
    way = step.settings["channel"]
    for each in rule.steps:
        if each.settings["channel"] == way:
            for row in kept_rows(uow, rule, each, at):
                if row.page is not None and _says(row, each):
                    found.setdefault((row.member, row.address), []).append(row)
    return [rows for rows in found.values() if rows[-1].step == step.id]


def _says(row: Any, step: Step) -> bool:
    return not (step.settings.get("skip_empty") and row.page["is_empty"])


def note_message(uow: UnitOfWork, result: int, key: str) -> None:
    """Remember which message a result left with."""
    uow.execute(
        report_result.update().where(report_result.c.id == result).values(outbound_key=key)
    )
