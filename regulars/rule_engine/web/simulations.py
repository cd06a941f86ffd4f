"""Trying a rule on the last days, from the composer and from its own page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder.catalog import catalog_of
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.errors import Invalid
from regulars.platform.web.addresses import stored_id
from regulars.platform.web.htmx import go_to, is_htmx
from regulars.platform.web.rendering import render
from regulars.rule_engine.definition import Rule
from regulars.rule_engine.simulating import keeping
from regulars.rule_engine.simulating.result import DayFigures, Figures
from regulars.rule_engine.web.blueprints import pages

OFFERED_DAYS = (7, 30, 90)
PAGE = 15
_HEIGHT = 100


@dataclass(frozen=True)
class Column:
    """One day of the chart, in a picture of ``WIDTH`` by ``HEIGHT`` units."""

    x: float
    width: float
    sent: float
    held: float
    day: DayFigures

    @property
    def top(self) -> float:
        """Where the sent part begins, counted from above."""
        return _HEIGHT - self.sent

    @property
    def top_held(self) -> float:
        """Where the part that was held back begins."""
        return _HEIGHT - self.sent - self.held


@pages.get("/rules/<key>/simulation")
@workspace_page("edit_rules")
def simulation(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """What the rule would have done, or how far finding out is."""
    return _page(uow, access, key)


@pages.post("/rules/<key>/simulation")
@workspace_page("edit_rules")
def ask_for_simulation(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Try the rule as it is written now on the last days."""
    days = request.form.get("days", keeping.DEFAULT_DAYS, type=int)
    try:
        wish = keeping.wish_of(uow, access, key, days)
        problems = [p.moved_from(f"rule/{key}/") for p in store.check_drafts(uow, _set(wish))]
        if problems:
            raise Invalid(problems)
        keeping.ask(uow, access, wish, days)
    except Invalid as invalid:
        words = [problem.message(access.locale) for problem in invalid.problems]
        return _page(uow, access, key, problems=words, status=422)
    return go_to(url_for("rules.simulation", key=key))


@pages.get("/rules/<key>/expected")
@workspace_page("edit_rules")
def expected(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """The figures of the latest try-out in a few words, for the side of other pages."""
    draft = store.get_draft(uow, "rule", key)
    row = keeping.latest(uow, access, key)
    return render("rule_engine/_expected.html", rule=Rule.from_json(draft.raw), row=row)


def _set(wish: Any) -> list[tuple[str, str]]:
    return [("rule", wish.key), *((kind, str(raw["key"])) for kind, raw in wish.drafts)]


def _page(
    uow: UnitOfWork, access: Access, key: str, *, problems: Sequence[str] = (), status: int = 200
) -> ResponseReturnValue:
    draft = store.get_draft(uow, "rule", key)
    row = keeping.latest(uow, access, key)
    done = row is not None and row.state == "done"
    after = request.args.get("after", 0, type=stored_id)
    people = (
        keeping.people_of(uow, access, row.id, after=after, limit=PAGE) if row and done else []
    )
    figures = row.figures if row else None
    name = "rule_engine/_simulation.html" if is_htmx() else "rule_engine/simulation.html"
    return render(
        name,
        status,
        rule=Rule.from_json(draft.raw),
        row=row,
        figures=figures,
        people=people,
        more=people[-1].run if len(people) == PAGE else None,
        columns=columns_of(figures) if figures else [],
        most=max((each.sent + each.held for each in figures.per_day), default=0) if figures else 0,
        problems=problems or [p.message(access.locale) for p in (row.problems if row else ())],
        offered_days=OFFERED_DAYS,
        message_label={k: m.label for k, m in snapshot(uow).all("message").items()},
        form_label={k: f.label for k, f in catalog_of(uow).forms.items()},
    )


def columns_of(figures: Figures) -> list[Column]:
    """The chart of the days: what was sent, and on top what was held back."""
    most = max((each.sent + each.held for each in figures.per_day), default=0) or 1
    width = 100 * 3 / max(1, len(figures.per_day))
    return [
        Column(
            round(n * width, 2), round(width * 0.8, 2), round(each.sent * _HEIGHT / most, 2),
            round(each.held * _HEIGHT / most, 2), each,
        )
        for n, each in enumerate(figures.per_day)
    ]  # fmt: skip
