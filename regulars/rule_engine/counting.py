"""How many people a rule means now, and which value made each of them fit. Nothing is written.

Somebody waits for the answer: what cannot be counted in two seconds is estimated (`estimating`).
Whoever has none of what a condition looks at (nobody ever bought) is easily forgotten, or taken
in unawares: their number is said beside the count.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.expressing import Mode
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.querying import scope_conditions
from regulars.form_builder.titles import titles_of
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.snapshot import Published, snapshot
from regulars.platform.errors import Invalid
from regulars.platform.expressions.findings import Finding, explain_result
from regulars.platform.formats import Formats
from regulars.platform.i18n import translate
from regulars.platform.time_limits import OutOfTime, Seconds, TimeLimit
from regulars.rule_engine.authors import require_seen_fields
from regulars.rule_engine.book import PinnedRule
from regulars.rule_engine.checks import check_rule
from regulars.rule_engine.definition import Rule
from regulars.rule_engine.digests import require_people
from regulars.rule_engine.estimating import Estimate, Exactness, estimate
from regulars.rule_engine.scans import conditions, table_of
from regulars.rule_engine.sight import RunSight

SAMPLE = 8
SECONDS = 2.0
_NEVER = "if_none"

_Answer = tuple[Estimate, Estimate | None]


@dataclass(frozen=True)
class Matches:
    """How many people fit a rule now, and some of them: (record id, title).

    ``exactness`` says what ``count`` is worth: ``exact``; ``about`` so many or ``fewer``,
    as a sample says; ``unknown`` (and 0) where even that took too long.
    ``findings`` say of each of those, condition by condition, which value made them fit.
    ``never`` is how many have none of what it looks at, as exact as ``never_exactness`` says:
    they are among the count when ``with_never``, else left out of it. None where nothing asks
    about them, or (``unknown``) where even a sample took too long.
    """

    form: str
    count: int
    sample: Sequence[tuple[int, str]]
    findings: Mapping[int, Finding] = field(default_factory=dict)
    never: int | None = None
    with_never: bool = False
    exactness: Exactness = "exact"
    never_exactness: Exactness = "exact"

    @property
    def suffix(self) -> str:
        """What the keys of the texts for such a count end with."""
        return "" if self.exactness == "exact" else f"-{self.exactness}"

    def in_words(self, locale: str) -> str:
        """The count as a line of text."""
        if not self.count:
            return translate(
                "rules.matches-none" if self.exactness == "exact" else "rules.matches-unknown",
                locale,
            )
        return translate(f"rules.matches{self.suffix}", locale, n=self.count)

    def as_json(self) -> dict[str, Any]:
        """The count and its worth for programs; no count at all is null."""
        count = None if self.exactness == "unknown" else self.count
        return {"count": count, "exactness": self.exactness}

    def never_in_words(self, locale: str) -> str:
        """What is said of those who never did; nothing where there are none."""
        if self.never_exactness == "unknown":
            return translate("goals.never-unknown", locale)
        if not self.never:
            return ""
        place = "in" if self.with_never else "out"
        ending = "" if self.never_exactness == "exact" else f"-{self.never_exactness}"
        return translate(f"goals.never-{place}{ending}", locale, n=self.never)

    def values(self, record: int) -> list[str]:
        """The values that made one of them fit, as the reader writes them."""
        found = self.findings.get(record)
        return [] if found is None else [leaf.shown for leaf in _leaves(found) if leaf.shown]


def _leaves(found: Finding) -> Iterator[Finding]:
    """The conditions that hold, without those that hold because another does not."""
    if found.kind == "leaf" and found.holds:
        yield found
    elif found.kind in ("all", "any"):
        for item in found.items:
            yield from _leaves(item)


def count_matches(
    uow: UnitOfWork, access: Access, rule: Rule, clock: Seconds = time.monotonic
) -> Matches:
    """How many of the people this reader may see meet a rule's condition as of now.

    The rule may be a draft; Invalid names what keeps it from being counted.
    """
    require_people(rule)
    pinned = draft_rule(uow, rule)
    require_seen_fields(uow, access, check_rule, rule)
    table = table_of(pinned)
    scope = scope_conditions(uow, access, pinned.catalog, rule.subject, table, "read")
    turned = None if rule.when is None else turned_about_never(rule.when)
    other = turned and draft_rule(uow, replace(rule, when=turned[0]))
    asked = _Asked(uow, table, scope, pinned, other or None)
    try:
        found, never = asked.exactly(TimeLimit(SECONDS, clock))
    except OutOfTime:
        found, never = asked.roughly(TimeLimit(SECONDS / 2, clock))
    chosen = found.hits[:SAMPLE]
    titles = titles_of(uow, access, catalog_for(uow, access), {rule.subject: chosen})
    sample = [(each, titles.get((rule.subject, each), f"#{each}")) for each in chosen]
    findings = _findings(uow, access, pinned, chosen)
    return Matches(
        rule.subject, found.count, sample, findings,
        None if never is None or never.exactness == "unknown" else never.count,
        turned is not None and turned[1], found.exactness,
        "exact" if never is None else never.exactness,
    )  # fmt: skip


@dataclass(frozen=True)
class _Asked:
    """The two questions: who fits, and who would with the word on the never ones turned round."""

    uow: UnitOfWork
    table: sa.Table
    scope: Sequence[Any]
    rule: PinnedRule
    turned: PinnedRule | None

    def exactly(self, limit: TimeLimit) -> _Answer:
        """Everybody counted, and the newest of them."""
        counted = sa.select(sa.func.count()).select_from(self.table)
        where = self._where(self.rule)
        count = int(limit.scalar(self.uow, counted.where(*where)))
        newest = sa.select(self.table.c.id).where(*where).order_by(self.table.c.id.desc())
        chosen = [row[0] for row in limit.rows(self.uow, newest.limit(SAMPLE))]
        found = Estimate(count, "exact", chosen)
        if self.turned is None:
            return found, None
        by_turn = int(limit.scalar(self.uow, counted.where(*self._where(self.turned))))
        return found, Estimate(abs(by_turn - count), "exact")

    def roughly(self, limit: TimeLimit) -> _Answer:
        """As many as a sample says, and of the same people how many never did."""
        where = self._where(self.rule, "single")
        found = estimate(self.uow, self.table, where, limit)
        if self.turned is None:
            return found, None
        fits, by_turn = sa.and_(*where), sa.and_(*self._where(self.turned, "single"))
        either = sa.or_(sa.and_(fits, ~by_turn), sa.and_(by_turn, ~fits))
        return found, estimate(self.uow, self.table, [either], limit)

    def _where(self, rule: PinnedRule, mode: Mode = "auto") -> list[Any]:
        return [*conditions(self.uow, rule, self.table, mode), *self.scope]


def turned_about_never(when: Mapping[str, Any]) -> tuple[dict[str, Any], bool] | None:
    """The condition with the word on those who never did turned round, and what it was.

    None for one that says nothing of them, or not the same everywhere.
    """
    said = set(_said(when))
    return (_turn(when), said.pop()) if len(said) == 1 else None


def _said(part: Any) -> Iterator[bool]:
    if isinstance(part, Mapping):
        if "aggregate" in part and _NEVER in part:
            yield bool(part[_NEVER])
        for value in part.values():
            yield from _said(value)
    elif isinstance(part, list | tuple):
        for each in part:
            yield from _said(each)


def _turn(part: Any) -> Any:
    if isinstance(part, Mapping):
        turned = {name: _turn(value) for name, value in part.items()}
        if "aggregate" in part and _NEVER in part:
            turned[_NEVER] = not part[_NEVER]
        return turned
    return [_turn(each) for each in part] if isinstance(part, list | tuple) else part


def _findings(
    uow: UnitOfWork, access: Access, pinned: PinnedRule, records: Sequence[int]
) -> dict[int, Finding]:
    if not pinned.rule.when:
        return {}
    shop = uow.workspace
    formats = Formats(access.locale, shop.zone, shop.currency, uow.now)
    tree, _problems = pinned.catalog.condition(pinned.rule.subject, pinned.rule.when)
    found = {}
    for record in records:
        sight = RunSight(uow, pinned.rule.subject, record, {})
        shapes = pinned.catalog.shapes
        found[record] = explain_result(tree, shapes, sight.row(), sight.context, formats)
    return found


def finding_of(uow: UnitOfWork, access: Access, rule: Rule, record: int) -> Finding | None:
    """Why a record meets a rule's condition or not, with its values; None without a condition."""
    return _findings(uow, access, draft_rule(uow, rule), [record]).get(record)


def draft_rule(uow: UnitOfWork, rule: Rule) -> PinnedRule:
    """A draft made ready for looking, not for running. Raises Invalid."""
    after = snapshot(uow).overlaid([Published("rule", rule.key, 0, {}, rule)])
    problems = [
        problem
        for problem in check_rule(rule, after)
        if problem.path.partition("/")[0] in ("subject", "when", "trigger", "sets", "entry")
    ]
    if problems:
        raise Invalid(problems)
    return PinnedRule.of(rule, 0, after)
