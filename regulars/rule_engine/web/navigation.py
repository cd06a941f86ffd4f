"""Where rules and messages stand in the navigation, and what the first page says of them."""

from __future__ import annotations

from collections.abc import Iterable

from flask import url_for

from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.web.shell import HomeCard, NavItem

SECTION = "nav.section-act"


def nav(uow: UnitOfWork, access: Access) -> Iterable[NavItem]:
    """The list of rules and the outbox."""
    if not access.can("edit_rules"):
        return
    yield NavItem(
        url_for("rules.list_rules"), "zap", "nav.rules", section=SECTION, order=200, on_phone=True
    )
    yield NavItem(
        url_for("rules.campaigns"), "megaphone", "nav.campaigns", section=SECTION, order=205
    )
    yield NavItem(
        url_for("rules.outbox"), "message-square", "nav.messages", section=SECTION, order=210
    )


def cards(uow: UnitOfWork, access: Access) -> Iterable[HomeCard]:
    """The way to the rules."""
    if access.can("edit_rules"):
        yield HomeCard(
            url_for("rules.list_rules"),
            "zap",
            "rules.title",
            "rules.lead",
            "home.go",
            order=200,
        )
