"""The effect of one rule: groups as they were assigned, the funnel, the goal, the difference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from typing import Any

import sqlalchemy as sa

from regulars.form_builder import expressing
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.linking import chunks
from regulars.form_builder.querying import scope_conditions
from regulars.form_builder.titles import titles_of
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import NotFound
from regulars.platform.proportions import LEAST, Share, Uplift, uplift
from regulars.platform.spreads import Gain, Spread, gain
from regulars.rule_engine.book import PinnedRule, book_of
from regulars.rule_engine.definition import Goal, Redeemed, Trigger
from regulars.rule_engine.durations import Length, at_local
from regulars.rule_engine.matching import link_of
from regulars.rule_engine.measuring.attributing import Credit, Deed, Entry, attribute
from regulars.rule_engine.measuring.reaching import reached_by
from regulars.rule_engine.reach import seen_rows
from regulars.rule_engine.simulating.rewinding import business_dates
from regulars.rule_engine.tables import outbound, run, run_step

CONTROL, TREATED = "control", "treated"
STAGES = ("sent", "opened", "clicked", "replied", "redeemed", "bought")
PAGE = 50


@dataclass(frozen=True)
class Group:
    """Entries assigned to one group. ``reached`` counts entries by how far a message came."""

    name: str
    n: int
    converted: int
    value: Decimal | None
    reached: Mapping[str, int]
    worth: Spread | None = None  # of those who reached the goal; all others are worth nought

    @property
    def share(self) -> Share:
        """The share that reached the goal."""
        return Share(self.converted, self.n)

    @property
    def value_per_entry(self) -> Decimal | None:
        """What one entry was worth, on average."""
        return None if self.value is None or not self.n else self.value / self.n


@dataclass(frozen=True)
class Effect:
    """What came of a rule. ``compared`` are (group, other, difference), ``gains`` the same in
    money for each person; ``few``: too few to say.

    ``unfinished`` entries still have time to reach the goal.
    """

    rule: str
    entered: int
    people: int
    live: int
    outcomes: Mapping[str, int]
    messages: Mapping[str, int]
    goal: Goal | None
    groups: Sequence[Group]
    unfinished: int
    compared: Sequence[tuple[str, str, Uplift]]
    redeemed: Redeemed | None = None
    gains: Sequence[tuple[str, str, Gain]] = ()

    @property
    def few(self) -> bool:
        """Whether a group is too small for its share to mean much."""
        return any(group.n < LEAST for group in self.groups)


@dataclass(frozen=True)
class Behind:
    """Which entries: of one ``group`` (``treated``: all but the control group), of those who
    reached the goal or did not, came as far as a ``stage``, ended in one way (``live``: not yet).
    """

    group: str | None = None
    converted: bool | None = None
    stage: str | None = None
    ending: str | None = None
    below: int | None = None


@dataclass(frozen=True)
class Reached:
    """One entry behind a number: the person, and what counts for it."""

    run: int
    record: int
    title: str
    at: datetime
    group: str
    outcome: str | None
    deeds: Sequence[Deed]


def effect_of(uow: UnitOfWork, access: Access, key: str) -> Effect:
    """The effect of a published rule on the people this reader may see."""
    work = Measuring(uow, access, key)
    groups = [work.group(name) for name in work.names]
    return Effect(
        key, len(work.rows), len({row.record for row in work.rows}),
        sum(row.status == "live" for row in work.rows),
        dict(Counter(_ending(row) for row in work.rows if row.status != "live")),
        work.messages(), work.pinned.rule.goal, groups, work.unfinished(), list(_compared(groups)),
        work.pinned.rule.redeemed, list(_gains(groups)),
    )  # fmt: skip


def people_behind(
    uow: UnitOfWork, access: Access, key: str, wanted: Behind = Behind()
) -> list[Reached]:  # fmt: skip
    """The newest entries behind a number."""
    work = Measuring(uow, access, key)
    far = None if wanted.stage is None else work.reached.get(wanted.stage, set())
    rows = [
        row
        for row in reversed(work.rows)
        if _is_in(work.group_of[row.id], wanted.group)
        and (wanted.converted is None or (row.id in work.credits) is wanted.converted)
        and (far is None or row.id in far)
        and (wanted.ending is None or wanted.ending == _ending(row))
        and (wanted.below is None or row.id < wanted.below)
    ][:PAGE]
    subject = work.pinned.rule.subject
    titles = titles_of(
        uow, access, catalog_for(uow, access), {subject: [row.record for row in rows]}
    )
    return [
        Reached(
            row.id, row.record, titles.get((subject, row.record), f"#{row.record}"),
            row.entered_at, work.group_of[row.id], row.outcome,
            work.credits.get(row.id, Credit()).deeds,
        )
        for row in rows
    ]  # fmt: skip


def _is_in(name: str, group: str | None) -> bool:
    return group is None or name == group or (group == TREATED and name != CONTROL)


def _ending(row: Any) -> str:
    return "live" if row.status == "live" else str(row.outcome or row.status)


def _pairs(groups: Sequence[Group]) -> Iterable[tuple[Group, Group]]:
    """Each group with the control group, and the variants with one another."""
    control = next((group for group in groups if group.name == CONTROL), None)
    others = [group for group in groups if group.name != CONTROL]
    with_control = [] if control is None else [(each, control) for each in others]
    return [*with_control, *pairwise(others)]


def _gains(groups: Sequence[Group]) -> Iterable[tuple[str, str, Gain]]:
    for one, other in _pairs(groups):
        if one.worth is not None and other.worth is not None:
            found = gain(one.worth, one.n, other.worth, other.n)
            if found is not None:
                yield one.name, other.name, found


def _compared(groups: Sequence[Group]) -> Iterable[tuple[str, str, Uplift]]:
    """Each group against the control group, and the variants against one another."""
    for one, other in _pairs(groups):
        found = uplift(one.share, other.share)
        if found is not None:
            yield one.name, other.name, found


class Measuring:
    """The entries of a published rule, of everybody or of one ``record``, and what counts."""

    def __init__(
        self, uow: UnitOfWork, access: Access, key: str, record: int | None = None
    ) -> None:
        self.uow = uow
        self.access = access
        pinned = book_of(uow).rules.get(key)
        if pinned is None:
            raise NotFound("no-rule", key=key)
        access.require("edit_rules")
        self.pinned: PinnedRule = pinned
        of_one = [] if record is None else [run.c.record == record]
        self.rows = uow.execute(
            run.select()
            .where(
                run.c.rule == key, run.c.status != "skipped", *of_one,
                *seen_rows(uow, access, run),
            )
            .order_by(run.c.id)
        ).all()  # fmt: skip
        self.credits = self._credits()

    @cached_property
    def group_of(self) -> Mapping[int, str]:
        """Run → the group it was assigned to."""
        return self._groups()

    @property
    def names(self) -> list[str]:
        """The groups that people were assigned to, the control group last."""
        return sorted(set(self.group_of.values()), key=lambda name: (name == CONTROL, name))

    def _groups(self) -> dict[int, str]:
        """Run → control, treatment, or a variant of the rule's first split (``a``, ``b``)."""
        split = next((step for step in self.pinned.rule.steps if step.do == "split"), None)
        variants: dict[int, str] = {}
        if split is not None:
            ways = self.uow.execute(
                sa.select(run_step.c.run, run_step.c.outcome).where(
                    run_step.c.path == split.path, run_step.c.do == "split"
                )
            )
            variants = {row.run: {"then": "a"}.get(row.outcome, "b") for row in ways}
        return {
            row.id: CONTROL if row.arm == CONTROL else variants.get(row.id, "treatment")
            for row in self.rows
        }

    def group(self, name: str) -> Group:
        """One group in numbers."""
        runs = [row.id for row in self.rows if self.group_of[row.id] == name]
        won = [self.credits[each] for each in runs if each in self.credits]
        value = None
        goal = self.pinned.rule.goal
        if goal is not None and self.shows_value:
            value = sum((credit.value for credit in won), Decimal(0))
        worth = None if value is None else Spread.of(credit.value for credit in won)
        mine = set(runs)
        reached = {stage: len(some & mine) for stage, some in self.reached.items()}
        return Group(name, len(runs), len(won), value, reached, worth)

    @cached_property
    def reached(self) -> Mapping[str, set[int]]:
        """Stage → the runs that came as far; ``bought`` are those that reached the goal."""
        found = reached_by(self.uow, self.access, self.pinned, self._ends)
        goal = {} if self.pinned.rule.goal is None else {"bought": set(self.credits)}
        return {**found, **goal}

    def messages(self) -> dict[str, int]:
        """How many messages ended how."""
        rows = self.uow.execute(
            sa.select(outbound.c.status, sa.func.count())
            .where(
                outbound.c.rule == self.pinned.rule.key,
                *seen_rows(self.uow, self.access, outbound),
            )
            .group_by(outbound.c.status)
        )
        return {status: count for status, count in rows}  # noqa: C416 - not pairs to mypy

    def unfinished(self) -> int:
        """How many entries still have time to reach the goal."""
        goal = self.pinned.rule.goal
        if goal is None:
            return 0
        return sum(self._until(row.entered_at) > self.uow.now for row in self.rows)

    def _ends(self, at: datetime) -> datetime:
        """When the time of an entry is over; one without a goal has no end yet."""
        return self.uow.now if self.pinned.rule.goal is None else self._until(at)

    def _until(self, at: datetime) -> datetime:
        goal = self.pinned.rule.goal
        assert goal is not None
        return Length(goal.within_days, "day").after(at, self.uow.workspace.tz)

    def _credits(self) -> Mapping[int, Credit]:
        goal = self.pinned.rule.goal
        if goal is None or not self.rows or goal.form not in self.pinned.catalog.tables:
            return {}
        entries = [Entry(row.id, row.record, row.entered_at, row.arm) for row in self.rows]
        return attribute(
            entries, self._deeds(goal, {row.record for row in self.rows}), self._until
        )

    @property
    def shows_value(self) -> bool:
        """Whether the goal has a worth that this reader may see."""
        goal = self.pinned.rule.goal
        if goal is None or goal.value is None:
            return False
        right = self.access.field_right(goal.form, str(goal.value).partition(".")[0])
        return right in ("write", "read_only")

    def _deeds(self, goal: Goal, people: set[int]) -> list[Deed]:
        """The records of the goal's form that belong to these people and meet its condition."""
        uow, catalog = self.uow, self.pinned.catalog
        table = catalog.tables[goal.form].main
        leads_to = self._column(goal.form, self._link(goal), table)
        at = table.c[business_dates(catalog).get(goal.form, "created_at")]
        value = self._column(goal.form, goal.value, table) if goal.value else sa.null()
        where = scope_conditions(uow, self.access, catalog, goal.form, table, "read")
        if goal.where:
            tree, _problems = catalog.condition(goal.form, goal.where)
            where = [*where, expressing.where_sql(uow, catalog, tree, table)]
        since = min(row.entered_at for row in self.rows)
        found = []
        for some in chunks(sorted(people)):
            rows = uow.execute(
                sa.select(table.c.id, leads_to, at, value).where(
                    leads_to.in_(some), at.is_not(None), *where
                )
            )
            found += [
                Deed(record, person, self._instant(when), worth)
                for record, person, when, worth in rows
            ]
        return [deed for deed in found if since < deed.at <= uow.now]

    def _link(self, goal: Goal) -> str | None:
        trigger = Trigger("record_created", goal.form, goal.link)
        return link_of(self.pinned.catalog, trigger, self.pinned.rule.subject)

    def _column(self, form: str, path: str | None, table: sa.Table) -> Any:
        if path is None:
            return table.c.id
        tree, _problems = self.pinned.catalog.path(form, path)
        return expressing.value_sql(self.uow, self.pinned.catalog, tree, table)

    def _instant(self, value: date | datetime) -> datetime:
        if isinstance(value, datetime):
            return value
        midnight = datetime(value.year, value.month, value.day)  # noqa: DTZ001
        return at_local(midnight, self.uow.workspace.tz)
