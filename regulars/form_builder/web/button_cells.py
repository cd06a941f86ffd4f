"""Buttons on a record's page: those this reader may press, each with what a press does."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from regulars.form_builder.buttons import Button, buttons_of
from regulars.form_builder.querying import Record
from regulars.form_builder.web.values import Cell
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.i18n import Text
from regulars.platform.registry import Registry


@dataclass(frozen=True)
class RuleStarter:
    """How buttons start rules.

    ``offered`` lists (key, label) of the rules about a form that people start; ``startable`` names
    those that run now; ``address`` is where a button (form, record, key) is pressed.
    """

    offered: Callable[[UnitOfWork, str], Iterable[tuple[str, Text]]]
    startable: Callable[[UnitOfWork, str], Collection[str]]
    address: Callable[[str, int, str], str]


rule_starters: Registry[RuleStarter] = Registry("starter of rules")


@dataclass(frozen=True)
class Press:
    """What a press does: open ``opens``, or post to ``posts``; with ``ask`` a question first."""

    opens: str = ""
    posts: str = ""
    ask: bool = False


def with_buttons(
    uow: UnitOfWork, access: Access, record: Record, cells: Mapping[str, Cell]
) -> dict[str, Cell]:
    """The cells with what their buttons do; without those that this reader cannot press."""
    if not any(cell.field.type == "button" for cell in cells.values()):
        return dict(cells)
    found = buttons_of(uow, access, record.form, record.id)
    presses: dict[str, Press] = {}
    for each in found:
        if press := _press(uow, record, each):
            presses[each.field.key] = press
    return {
        key: replace(cell, value=presses[key]) if key in presses else cell
        for key, cell in cells.items()
        if key in presses or cell.field.type != "button"
    }


def offered_rules(uow: UnitOfWork, form_key: str) -> list[tuple[str, Text]]:
    """The rules that a button of this form can start."""
    return [each for starter in rule_starters for each in starter.offered(uow, form_key)]


def _press(uow: UnitOfWork, record: Record, button: Button) -> Press | None:
    ask = bool(button.field.settings.get("ask"))
    if button.address:
        return Press(opens=button.address, ask=ask)
    for starter in rule_starters:
        if button.rule in starter.startable(uow, record.form):
            return Press(posts=starter.address(record.form, record.id, button.field.key), ask=ask)
    return None
