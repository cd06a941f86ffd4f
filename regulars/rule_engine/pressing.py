"""Pressing a button of a record: its rule starts for that record.

The person who presses needs no right to rules. Whoever published the button had it, and said who
may press; what the rule may do is its own.
"""

from __future__ import annotations

from regulars.form_builder.buttons import Button, buttons_of
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Conflict, NotFound
from regulars.rule_engine import service
from regulars.rule_engine.book import PinnedRule, active_rules, book_of


def started_by_hand(uow: UnitOfWork, form_key: str) -> list[PinnedRule]:
    """The rules about this form that people start."""
    return [
        each
        for each in book_of(uow).rules.values()
        if each.rule.trigger.on == "manual"
        and each.rule.subject == form_key
        and not each.rule.is_mirror
    ]


def startable(uow: UnitOfWork, form_key: str) -> set[str]:
    """Those of them that run now."""
    rules = {each.rule.key for each in started_by_hand(uow, form_key)}
    return rules & active_rules(uow) if rules else rules


def press(uow: UnitOfWork, access: Access, form_key: str, record_id: int, key: str) -> bool:
    """Start the rule of this button for the record; whether that began anything.

    Why not stays unsaid: the conditions of a rule may look at what this person does not see.
    NotFound for a button that this reader may not press (or that starts nothing), Conflict while
    its rule rests. The record is one they may read.
    """
    button = _button(uow, access, form_key, record_id, key)
    if button.rule not in startable(uow, form_key):
        raise Conflict("button-rests", button=button.field.name)
    return service.start_for(uow, access, button.rule, [record_id]).entered > 0


def _button(uow: UnitOfWork, access: Access, form_key: str, record_id: int, key: str) -> Button:
    found = buttons_of(uow, access, form_key, record_id)
    button = next((each for each in found if each.field.key == key and each.rule), None)
    if button is None:
        raise NotFound("no-button", key=key[:60])
    return button
