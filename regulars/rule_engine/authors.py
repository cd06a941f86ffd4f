"""What somebody may put into a rule or a text: fields that they see whole, and no others.

A rule acts for the house and reads everything. Whoever writes one could have it say, count by or
copy what is hidden or masked for them, so their rules are checked against the forms as they see
them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.definitions_seen import Check, more_problems
from regulars.form_builder.field_rights import usable_by
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.platform.problems import Problem
from regulars.rule_engine.digests import USUAL_READERS

Guard = Callable[[UnitOfWork, Access, Any | None, Any | None], None]


def only_what_they_see(check: Check) -> Guard:
    """The guard of a kind of definition whose meaning ``check`` looks at."""

    def guard(uow: UnitOfWork, access: Access, _before: Any | None, after: Any | None) -> None:
        if after is not None:
            require_seen_fields(uow, access, check, after)

    return guard


def require_seen_fields(uow: UnitOfWork, access: Access, check: Check, parsed: Any) -> None:
    """Invalid with a problem at each place that speaks of a field this author does not see."""
    whole = catalog_of(uow)
    seen = usable_by(whole, access.held)
    if access.kind == "system" or seen is whole:
        return
    more = more_problems(uow, check, parsed, seen)
    if more:
        raise Invalid(more)


def with_their_own_eyes(guard: Guard) -> Guard:
    """``guard``, and nobody tells a group of staff more than they may see themselves."""

    def both(uow: UnitOfWork, access: Access, before: Any | None, after: Any | None) -> None:
        guard(uow, access, before, after)
        problems = [
            Problem(f"{step.path}/readers", "group-sees-more-than-you")
            for step in (after.walk() if after is not None else ())
            if step.do == "run_report"
            and step.settings["channel"] == "staff"
            and not access.may_grant(step.settings.get("readers", USUAL_READERS)[0])
        ]
        if problems:
            raise Invalid(problems)

    return both
