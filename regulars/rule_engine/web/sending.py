"""Limits for everything a shop sends, those not written to any more, and the one switch."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Conflict, Invalid, NotFound
from regulars.platform.privacy.purposes import CHANNELS
from regulars.platform.web.flash import flash
from regulars.platform.web.form_errors import errors_by_field
from regulars.platform.web.htmx import go_to
from regulars.platform.web.rendering import render
from regulars.rule_engine import suppression_list, switch
from regulars.rule_engine.policy import COST_UNIT
from regulars.rule_engine.policy_keeping import change_policy, policy_of, spent_today
from regulars.rule_engine.today import groups, show_groups
from regulars.rule_engine.web.blueprints import pages

_FIELDS = (
    "caps/marketing", "quiet_hours", "quiet_zone", "day_number", "day_cost", "sms_price",
    "open_pixel",
)  # fmt: skip


@pages.get("/channels/limits")
@workspace_page("manage_workspace")
def sending_limits(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """What the shop allows itself, and how much of today is used."""
    return _limits_page(uow, policy_of(uow).as_json(), {})


@pages.post("/channels/limits")
@workspace_page("manage_workspace")
def change_limits(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Decide anew."""
    wanted = _wanted(uow)
    try:
        change_policy(uow, access, wanted)
    except Invalid as invalid:
        errors = errors_by_field(invalid.problems, _FIELDS)
        return _limits_page(uow, wanted, errors, status=422)
    flash("channels.limits-kept")
    return go_to(url_for("rules.sending_limits"))


def _wanted(uow: UnitOfWork) -> dict[str, Any]:
    """What the form says, as the policy's JSON; caps of other purposes stay."""
    form = request.form
    caps: dict[str, Any] = {**policy_of(uow).as_json()["caps"]}
    caps.pop("marketing", None)
    if form.get("cap_n", "").strip():
        caps["marketing"] = {"n": form["cap_n"], "days": form.get("cap_days", "")}
    hours = [form.get("quiet_from", "").strip(), form.get("quiet_to", "").strip()]
    wanted: dict[str, Any] = {
        "caps": caps, "quiet_hours": hours if any(hours) else None,
        "quiet_zone": form.get("quiet_zone", "shop"), "open_pixel": bool(form.get("open_pixel")),
    }  # fmt: skip
    for name in ("day_number", "day_cost", "sms_price"):
        if form.get(name, "").strip():
            wanted[name] = form[name].strip()
    return wanted


def _limits_page(
    uow: UnitOfWork, policy: Mapping[str, Any], errors: Mapping[str, list[str]], *,
    status: int = 200,
) -> ResponseReturnValue:  # fmt: skip
    spent = spent_today(uow)
    return render(
        "rule_engine/sending_limits.html", status, policy=policy, errors=errors, spent=spent,
        spent_cost=Decimal(spent.cost) / COST_UNIT,
    )  # fmt: skip


@pages.get("/suppressions")
@workspace_page("manage_consents")
def suppressions(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Those not written to any more."""
    return _list_page(uow, access)


@pages.post("/suppressions")
@workspace_page("manage_consents")
def change_suppressions(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Look an address up, put it on the list, or take it off."""
    channel, address = request.form.get("channel", ""), request.form.get("address", "")
    act = request.form.get("act")
    try:
        if act == "look":
            found = suppression_list.is_listed(uow, access, channel, address)
            return _list_page(uow, access, found=found, asked=address)
        if act == "free":
            suppression_list.take_off(uow, access, channel, address)
            flash("suppressions.freed")
        else:
            suppression_list.put_on(uow, access, channel, address)
            flash("suppressions.added")
    except Invalid as invalid:
        errors = errors_by_field(invalid.problems, ("channel", "address"))
        return _list_page(uow, access, errors=errors, status=422)
    except (NotFound, Conflict) as error:
        flash(f"errors.{error.code}", "danger")
    return go_to(url_for("rules.suppressions"))


def _list_page(
    uow: UnitOfWork, access: Access, *, found: bool | None = None, asked: str = "",
    errors: Mapping[str, list[str]] | None = None, status: int = 200,
) -> ResponseReturnValue:  # fmt: skip
    return render(
        "rule_engine/suppressions.html", status, list=suppression_list.read_list(uow, access),
        channels=CHANNELS, found=found, asked=asked, errors=errors or {}, values=request.form,
    )  # fmt: skip


@pages.post("/sending/stop")
@workspace_page("send_messages")
def stop_sending(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Nothing leaves any more, from now on."""
    switch.stop_all(uow, access, request.form.get("reason", "")[: switch.MAX_REASON])
    flash("sending.stopped-said", "warning")
    return go_to(url_for("home.workspace_home"))


@pages.post("/sending/resume")
@workspace_page("send_messages")
def resume_sending(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Let it go on, with or without what waited."""
    switch.go_on(uow, access, drop=request.form.get("waiting") == "drop")
    flash("sending.resumed-said")
    return go_to(url_for("home.workspace_home"))


@pages.get("/today/groups")
@workspace_page("edit_rules")
def today_groups(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Which groups the first page shows."""
    return render("rule_engine/today_groups.html", groups=groups(uow))


@pages.post("/today/groups")
@workspace_page("edit_rules")
def choose_today_groups(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Choose them."""
    show_groups(uow, access, request.form.getlist("group"))
    flash("today.groups-kept")
    return go_to(url_for("home.workspace_home"))
