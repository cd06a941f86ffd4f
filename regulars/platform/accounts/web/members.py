"""Members: who works here, as what, in which stores; inviting, changing, letting go."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue

from regulars.platform.accounts import (
    audit,
    invitations,
    looking,
    members,
    password_links,
    second_factors,
    units,
    users,
)
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.invitations import Wish
from regulars.platform.accounts.looking import Eyes
from regulars.platform.accounts.password_links import Link, Purpose
from regulars.platform.accounts.routing import current_person, current_session, workspace_page
from regulars.platform.accounts.sessions import Session
from regulars.platform.accounts.web.confirmation import confirmed, confirmed_when
from regulars.platform.accounts.web.settings import blueprint
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Conflict, Invalid
from regulars.platform.web.addresses import stored_ids
from regulars.platform.web.flash import flash
from regulars.platform.web.form_errors import errors_by_field
from regulars.platform.web.headers import public_url
from regulars.platform.web.htmx import go_to
from regulars.platform.web.preferences import current_locale
from regulars.platform.web.rendering import render


@blueprint.get("/members", endpoint="members")
@workspace_page("manage_members")
def show_members(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Everybody, and who is invited."""
    names = {each.id: each.name for each in units.list_units(uow)}
    everybody = members.list_members(uow)
    with uow.database.main_tx(write=False) as connection:
        sure = second_factors.users_with_factor(connection, [one.user_id for one in everybody])
    return render(
        "accounts/members.html",
        members=everybody,
        stores={
            each.id: [names[unit] for unit in each.unit_ids if unit in names] for each in everybody
        },
        invitations=invitations.list_invitations(uow),
        with_factor=sure,
    )


@blueprint.get("/members/invite")
@workspace_page("manage_members")
def invite(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Whom, and as what."""
    return _invite_page(uow, access, {})


@blueprint.post("/members/invite")
@confirmed_when(lambda: request.form.get("role") == "owner")
@workspace_page("manage_members")
def do_invite(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Make the one-time link, to be handed over by hand."""
    form = request.form
    wish = Wish(form.get("email", ""), form.get("name", ""), form.get("role", ""), _unit_ids())
    try:
        secret = invitations.invite(uow, access, wish)
    except Invalid as invalid:
        return _invite_page(uow, access, errors_by_field(invalid.problems), 422)
    except Conflict as conflict:
        return _invite_page(uow, access, {"email": [conflict.message(current_locale())]}, 422)
    link = public_url(url_for("accounts.invitation", secret=secret))
    # Shown in the answer itself: the link is a secret and must not stand in an address or cookie.
    return render("accounts/invited.html", wish=wish, link=link, days=invitations.LIFETIME.days)


@blueprint.post("/invitations/<int:invitation_id>/withdraw")
@workspace_page("manage_members")
def withdraw_invitation(
    uow: UnitOfWork, access: Access, invitation_id: int
) -> ResponseReturnValue:
    """Make a link worthless."""
    invitations.withdraw(uow, access, invitation_id)
    flash("accounts.invitation-withdrawn")
    return go_to(url_for("settings.members"))


@blueprint.get("/members/<int:member_id>")
@workspace_page("manage_members")
def member(uow: UnitOfWork, access: Access, member_id: int) -> ResponseReturnValue:
    """One person's role and stores."""
    return _member_page(uow, access, member_id, {})


@blueprint.post("/members/<int:member_id>")
@confirmed
@workspace_page("manage_members")
def save_member(uow: UnitOfWork, access: Access, member_id: int) -> ResponseReturnValue:
    """Change them; it holds from the person's next click on."""
    role = request.form.get("role", "")
    try:
        members.change_member(uow, access, member_id, role=role, unit_ids=_unit_ids())
    except Invalid as invalid:
        return _member_page(uow, access, member_id, errors_by_field(invalid.problems), 422)
    except Conflict as conflict:
        errors = {"role": [conflict.message(current_locale())]}
        return _member_page(uow, access, member_id, errors, 422)
    flash("common.saved")
    return go_to(url_for("settings.members"))


@blueprint.post("/members/<int:member_id>/active")
@confirmed
@workspace_page("manage_members")
def set_member_active(uow: UnitOfWork, access: Access, member_id: int) -> ResponseReturnValue:
    """Let somebody go, with the tokens they made, or take them back."""
    active = request.form.get("active") == "1"
    found = members.set_active(uow, access, member_id, active=active)
    flash("accounts.member-back" if active else "accounts.member-gone", name=found.name)
    return go_to(url_for("settings.members"))


@blueprint.post("/members/<int:member_id>/look")
@workspace_page("manage_members")
def look_as_member(uow: UnitOfWork, access: Access, member_id: int) -> ResponseReturnValue:
    """See every page as this member does, until one looks back."""
    looking.begin(uow, access, _session(), Eyes(member_id=member_id))
    return go_to(url_for("home.workspace_home"))


@blueprint.post("/roles/<key>/look")
@workspace_page("manage_roles")
def look_as_role(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """See every page as somebody in this role does, in one store or in none."""
    unit = request.form.get("unit", "")
    eyes = Eyes(key, int(unit) if unit.isdecimal() and len(unit) < 10 else None)
    looking.begin(uow, access, _session(), eyes)
    return go_to(url_for("home.workspace_home"))


def _session() -> Session:
    found = current_session()
    assert found is not None, "the door lets nobody in unnamed"
    return found


@blueprint.post("/members/<int:member_id>/password-link")
@confirmed
@workspace_page("manage_members")
def make_password_link(uow: UnitOfWork, access: Access, member_id: int) -> ResponseReturnValue:
    """A link for somebody who has forgotten their password."""
    return _link_page(uow, access, member_id, "password", "accounts.new_password")


@blueprint.post("/members/<int:member_id>/second-factor-link")
@confirmed
@workspace_page("manage_members")
def make_factor_link(uow: UnitOfWork, access: Access, member_id: int) -> ResponseReturnValue:
    """A link for somebody whose phone and recovery codes are gone."""
    return _link_page(uow, access, member_id, "second_factor", "accounts.drop_second_factor")


def _link_page(
    uow: UnitOfWork, access: Access, member_id: int, purpose: Purpose, endpoint: str
) -> ResponseReturnValue:
    found = members.get_manageable(uow, access, member_id)
    maker = current_person()
    assert maker is not None, "the door lets nobody in unnamed"
    with uow.database.main_tx() as connection:
        wish = Link(users.get_user(connection, found.user_id), purpose)
        secret = password_links.make_link(connection, uow.workspace, maker, wish, now=uow.now)
    audit.note(uow, access, _LINKS[purpose], found.email)
    link = public_url(url_for(endpoint, secret=secret))
    return render("accounts/password_link.html", member=found, link=link, purpose=purpose)


_LINKS = {"password": "password-link-made", "second_factor": "factor-link-made"}


def _unit_ids() -> list[int]:
    return stored_ids(request.form.getlist("unit_ids"))


def _invite_page(
    uow: UnitOfWork, access: Access, errors: dict[str, list[str]], status: int = 200
) -> ResponseReturnValue:
    return render(
        "accounts/invite.html",
        status,
        values=request.form,
        chosen_units=_unit_ids(),
        errors=errors,
        roles=access.grantable_roles(),
        units=units.list_units(uow),
    )


def _member_page(
    uow: UnitOfWork,
    access: Access,
    member_id: int,
    errors: dict[str, list[str]],
    status: int = 200,
) -> ResponseReturnValue:
    found = members.get_member(uow, member_id)
    sent = bool(request.form)
    return render(
        "accounts/member.html",
        status,
        member=found,
        role=request.form.get("role", found.role),
        chosen_units=_unit_ids() if sent else found.unit_ids,
        errors=errors,
        roles=access.grantable_roles(),
        units=units.list_units(uow),
        is_me=found.id == access.member_id,
    )
