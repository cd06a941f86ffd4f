"""What rules add to the first page: groups to look after, what is stuck, what was sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import zip_longest
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.today import people_of
from regulars.platform.accounts import audit
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import NotFound
from regulars.platform.i18n import Text, find_text
from regulars.platform.privacy.purposes import CHANNELS
from regulars.platform.store_notes import read_note, write_note
from regulars.platform.today import Call, Reason, ReportLine, Sent, TaskLine, Trouble
from regulars.rule_engine.backlog import messages_under_way
from regulars.rule_engine.book import book_of
from regulars.rule_engine.channel_overview import failing_ways
from regulars.rule_engine.channels.accounts import find_account
from regulars.rule_engine.digest_keeping import fresh_results
from regulars.rule_engine.policy_keeping import COUNTED
from regulars.rule_engine.reach import seen_rows
from regulars.rule_engine.standing import STANDING, count_standing
from regulars.rule_engine.tables import mirror_member, outbound

_NAME = "today"
DAY = timedelta(days=1)
PER_GROUP = 5
NEWS = timedelta(days=14)  # who has been in a group for longer is no news


@dataclass(frozen=True)
class Group:
    """A mirror that may be shown: its members are people somebody could call."""

    rule: str
    label: Text
    is_shown: bool


class RulesToday:
    """Groups, stuck work and messages, for those who may see rules; groups for everybody."""

    def calls(self, uow: UnitOfWork, access: Access) -> Iterable[Call]:
        each = [list(_members(uow, access, group)) for group in groups(uow) if group.is_shown]
        for calls in zip_longest(*each):  # a little of every group
            yield from (call for call in calls if call is not None)

    def tasks(self, uow: UnitOfWork, access: Access) -> Iterable[TaskLine]:
        return ()

    def troubles(self, uow: UnitOfWork, access: Access) -> Iterable[Trouble]:
        if not access.can("edit_rules"):
            return
        yield from _doubts(uow, access)
        yield from _stuck(uow, access)
        for way, _state in failing_ways(uow):
            told = {"way": _way_name(uow, way, access.locale)}
            place = "rules.channels" if access.can("manage_workspace") else ""
            yield Trouble("channel-failing", "red", told, place)

    def sent(self, uow: UnitOfWork, access: Access) -> Sent | None:
        return _sent(uow, access) if access.can("edit_rules") else None

    def reports(self, uow: UnitOfWork, access: Access) -> Iterable[ReportLine]:
        for kept in fresh_results(uow, access):
            page = kept.page
            if page is not None:
                yield ReportLine(
                    kept.id, page.title, page.period, kept.at, page.unfinished, page.figures
                )


def groups(uow: UnitOfWork) -> list[Group]:
    """The mirrors over people, and which of them are on the first page."""
    shown = set((read_note(uow.connection, _NAME) or {}).get("groups", ()))
    found = []
    for pinned in book_of(uow).mirrors:
        form = pinned.catalog.forms.get(pinned.rule.subject)
        if form is not None and form.person is not None:
            key = pinned.rule.key
            found.append(Group(key, pinned.rule.label, key in shown))
    return found


def show_groups(uow: UnitOfWork, access: Access, keys: Iterable[str]) -> None:
    """Choose the groups of the first page; NotFound for one that is none."""
    access.require("edit_rules")
    wanted = list(dict.fromkeys(keys))
    known = {group.rule for group in groups(uow)}
    for key in wanted:
        if key not in known:
            raise NotFound("no-rule", key=key[:60])
    write_note(uow.connection, _NAME, {"groups": wanted}, now=uow.now)
    audit.note(uow, access, "today-changed", ", ".join(wanted))


def _members(uow: UnitOfWork, access: Access, group: Group) -> Iterator[Call]:
    """Who came into a group last."""
    form = book_of(uow).rules[group.rule].rule.subject
    newest = uow.execute(
        sa.select(mirror_member.c.record)
        .where(mirror_member.c.rule == group.rule, mirror_member.c.since > uow.now - NEWS)
        .order_by(mirror_member.c.since.desc(), mirror_member.c.record)
        .limit(PER_GROUP * 4)
    )
    ids = list(newest.scalars())
    people = people_of(uow, access, {form: ids})
    seen = [people[form, record] for record in ids if (form, record) in people]
    for person in seen[:PER_GROUP]:
        yield Call(person, [Reason(group.label, "group")])


def _doubts(uow: UnitOfWork, access: Access) -> Iterator[Trouble]:
    mine = seen_rows(uow, access, outbound)
    n = _number(uow, outbound, outbound.c.status == "unknown", *mine)
    if n:
        yield Trouble(
            "messages-unknown", "orange", {"n": n}, "rules.outbox", {"status": "unknown"}
        )
    lately = outbound.c.sending_at > uow.now - DAY
    failed = _number(uow, outbound, outbound.c.status == "failed", lately, *mine)
    if failed:
        yield Trouble(
            "messages-failed", "red", {"n": failed}, "rules.outbox", {"status": "failed"}
        )


def _way_name(uow: UnitOfWork, way: str, locale: str) -> str:
    """What people call a way out: a staff group by its own name, a provider by its."""
    provider, _, address = way.partition(":")
    account = find_account(uow, address) if address else None
    if account is not None:
        return str(account.name)
    return address or find_text(f"channels.{provider}", locale) or provider


def _stuck(uow: UnitOfWork, access: Access) -> Iterator[Trouble]:
    counts = count_standing(uow, access)
    for status in STANDING:
        if counts.get(status):
            told, args = {"n": counts[status]}, {"status": status}
            act = "rules.retry_all" if access.can("run_rules") else ""
            yield Trouble(f"runs-{status}", "red", told, "rules.standing_runs", args, act)


def _sent(uow: UnitOfWork, access: Access) -> Sent:
    mine = (*seen_rows(uow, access, outbound), outbound.c.channel.in_(CHANNELS))
    left = (outbound.c.sending_at > uow.now - DAY, outbound.c.status.in_(COUNTED))
    rows = uow.execute(
        sa.select(
            outbound.c.channel, sa.func.count(), sa.func.coalesce(sa.func.sum(outbound.c.cost), 0)
        )
        .where(*left, *mine)
        .group_by(outbound.c.channel)
        .order_by(outbound.c.channel)
    ).all()
    kept = uow.execute(
        sa.select(outbound.c.reason, sa.func.count())
        .where(
            outbound.c.status.in_(("suppressed", "withheld")), outbound.c.sending_at.is_(None),
            outbound.c.finished_at > uow.now - DAY, *mine,
        )
        .group_by(outbound.c.reason)
    ).all()  # fmt: skip
    waiting = _number(uow, outbound, messages_under_way(), *mine)
    return Sent(
        sum(int(row[1]) for row in rows), sum(int(row[2]) for row in rows),
        [(row[0], int(row[1])) for row in rows], _by_code(kept), waiting,
    )  # fmt: skip


def _by_code(rows: Iterable[Any]) -> list[tuple[str, int]]:
    found: dict[str, int] = {}
    for reason, n in rows:
        code = str((reason or {}).get("code", ""))
        found[code] = found.get(code, 0) + int(n)
    return sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))


def _number(uow: UnitOfWork, table: sa.Table, *where: Any) -> int:
    return int(uow.scalar(sa.select(sa.func.count()).select_from(table).where(*where)) or 0)
