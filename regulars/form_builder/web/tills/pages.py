"""The tills of a workspace: for clerks the way to the screen, for who designs also the editor."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from flask import url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder.tills.kind import KIND
from regulars.form_builder.web.tills import api as api_routes
from regulars.form_builder.web.tills import editor_pages, screen_pages
from regulars.form_builder.web.tills.asked import EDIT, published_tills
from regulars.form_builder.web.tills.blueprints import api, till, tills
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import seeing, store
from regulars.platform.own_network import UNSPECIFIED, address_in_network
from regulars.platform.web.definition_homes import DefinitionHome
from regulars.platform.web.flash import flash
from regulars.platform.web.headers import is_only_here, public_url
from regulars.platform.web.htmx import go_to
from regulars.platform.web.installation import installation
from regulars.platform.web.rendering import label, render
from regulars.platform.web.shell import NavItem

MODULES = (api_routes, screen_pages, editor_pages)
BLUEPRINTS = (till, tills, api)
HOME = DefinitionHome(KIND, "tills.index", "tills.title", "tills.edit", "tills.edit")


@tills.get("")
@workspace_page("read_records")
def index(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Every till, with its address for the phone."""
    shown = [each for each in published_tills(uow) if _may_sell(access, each.sale.form)]
    addresses = {each.key: _address(url_for("till.screen", key=each.key)) for each in shown}
    drafts = []
    if access.can(EDIT):
        drafts = [each for each in seeing.seen_drafts(uow, access, KIND) if not each.published]
    return render(
        "tills/tills.html", tills=shown, addresses=addresses, edits=access.can(EDIT),
        drafts=drafts,
    )  # fmt: skip


@tills.post("/<key>/archive")
@workspace_page(EDIT)
def archive(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Take a till out of use."""
    seeing.require_seen(uow, access, KIND, key)
    name = label(store.get_draft(uow, KIND, key).raw.get("label"))
    store.archive(uow, access, KIND, key)
    flash("tills.archived", name=name)
    return go_to(url_for("tills.index"))


def _address(path: str) -> str:
    """The address for a phone; "" while this machine lets nobody in but itself."""
    address = public_url(path)
    if not is_only_here(urlsplit(address).hostname or ""):
        return address
    config = installation().config
    own = address_in_network() if config.host in UNSPECIFIED else None
    return f"http://{own}:{config.port}{path}" if own else ""


def nav(uow: UnitOfWork, access: Access) -> Iterable[NavItem]:
    """A line for whoever may record sales, once there is a till; for who designs, always."""
    mine = access.can("create_records") and published_tills(uow)
    if mine or access.can(EDIT):
        yield NavItem(
            url_for("tills.index"), "banknote", "tills.title", section="nav.section-data",
            order=195, on_phone=bool(mine),
        )  # fmt: skip


def _may_sell(access: Access, form_key: str) -> bool:
    return access.scope(form_key, "create") != "none"
