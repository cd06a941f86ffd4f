"""The list of forms, making a new one, and what the shell shows of forms."""

from __future__ import annotations

from collections.abc import Iterable

from flask import url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder import service
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.web.blueprints import forms
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.web.rendering import render
from regulars.platform.web.shell import HomeCard, NavItem

ICONS = (
    "users", "shopping-bag", "package", "ticket-percent", "calendar-check", "message-square",
    "star", "gift", "truck", "receipt-text", "clipboard-list", "phone", "heart", "wrench",
    "credit-card", "map-pin", "megaphone", "cake", "file-text", "folder",
)  # fmt: skip
FIRST_IN_NAV = 100
MOST_IN_NAV = 12


@forms.get("/forms")
@workspace_page("read_records")
def index(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Every form as a card."""
    return render("form_builder/forms.html", summaries=service.list_forms(uow, access))


def nav(uow: UnitOfWork, access: Access) -> Iterable[NavItem]:
    """A line for each published form, then the page of all forms."""
    if not access.can("read_records"):
        return
    shown = [
        form for form in catalog_of(uow).forms.values() if access.scope(form.key, "read") != "none"
    ]
    for position, form in enumerate(shown[:MOST_IN_NAV]):
        address = url_for("records.index", form_key=form.key)
        yield NavItem(
            address,
            form.icon or "file-text",
            title=form.label,
            section="nav.section-data",
            order=FIRST_IN_NAV + position,
            on_phone=position < 2,
            root=address.rpartition("/")[0],
        )
    yield NavItem(
        url_for("forms.index"), "layout-grid", "nav.forms", section="nav.section-data", order=190
    )


def cards(uow: UnitOfWork, access: Access) -> Iterable[HomeCard]:
    """On the first page of a shop: its forms, or the way to the first one."""
    if not access.can("read_records"):
        return
    n = len(catalog_of(uow).forms)
    if n == 0 and not access.can("design_forms"):
        return
    yield HomeCard(
        url_for("forms.index") if n else url_for("forms.new"),
        "layout-grid",
        "forms.home-title",
        "forms.home-text" if n else "forms.home-first-text",
        "forms.home-open" if n else "forms.home-first",
        str(n) if n else "",
        order=20,
    )
