"""What published rules ask of forms again and again, for the advice on indexes."""

from __future__ import annotations

from collections.abc import Iterator

from regulars.form_builder.indexing.advice import Use
from regulars.platform.db import UnitOfWork
from regulars.rule_engine.book import PinnedRule, active_rules, book_of


def rule_uses(uow: UnitOfWork) -> Iterator[Use]:
    """The conditions of every active rule; a broken one asks nothing."""
    active = active_rules(uow)
    for key, pinned in book_of(uow).rules.items():
        if key in active:
            yield from _uses(pinned)


def _uses(pinned: PinnedRule) -> Iterator[Use]:
    rule = pinned.rule
    choices = rule.sets.choose if rule.sets is not None else ()
    for raw in (rule.when, *(choice.when for choice in choices)):
        if raw:
            tree, problems = pinned.catalog.condition(rule.subject, raw)
            if not problems:
                yield Use(rule.subject, tree, "rule")
