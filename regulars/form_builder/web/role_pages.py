"""Roles of the owner's own making, and the log of who gave which rights to whom."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.definitions_seen import unknown_to
from regulars.form_builder.keys import derive_key
from regulars.form_builder.web.role_sheet import RIGHTS, raw_from, sheet_of
from regulars.platform import i18n
from regulars.platform.accounts import role_keeping, units
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.devices import device_of
from regulars.platform.accounts.role_definition import readable
from regulars.platform.accounts.roles import CHOSEN_CAPABILITIES, ROLES, VERBS
from regulars.platform.accounts.routing import current_person, workspace_page
from regulars.platform.accounts.security_log import list_log
from regulars.platform.accounts.web.confirmation import confirmed
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import seeing, store
from regulars.platform.definitions.editing import seen_draft
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.errors import Conflict, Forbidden, Invalid, NotFound
from regulars.platform.i18n import find_text, spoken
from regulars.platform.web.definition_pages import posted_seen
from regulars.platform.web.flash import flash
from regulars.platform.web.form_errors import errors_by_field
from regulars.platform.web.htmx import go_to
from regulars.platform.web.rendering import render
from regulars.platform.web.shell import NavItem

roles = Blueprint("roles", __name__, url_prefix="/w/<workspace>/settings")

NEW: Mapping[str, Any] = {
    "label": "",
    "default": {"read": "unit_tree", "create": "unit_tree", "update": "unit_tree"},
}


@roles.get("/roles")
@workspace_page("manage_roles")
def show_roles(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Every role and how many have it."""
    return render(
        "form_builder/roles.html",
        roles=access.roles.values(),
        built_in=ROLES,
        held=role_keeping.holders(uow),
    )


@roles.get("/roles/new")
@workspace_page("manage_roles")
def new_role(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """The sheet of a new role; ``?from=`` begins with what another one may do."""
    model = access.roles.get(request.args.get("from", ""))
    raw = NEW if model is None else {**readable(model), "label": ""}
    return _page(uow, access, "", raw)


@roles.post("/roles/new")
@confirmed
@workspace_page("manage_roles")
def create_role(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Make a role; it can be given at once."""
    taken = {*access.roles, *(draft.key for draft in store.list_drafts(uow, role_keeping.KIND))}
    key = derive_key(request.form.get("label", ""), taken, "role")
    return _save(uow, access, "", raw_from(request.form, {}, key, access.locale))


@roles.get("/roles/<key>")
@workspace_page("manage_roles")
def role(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """The sheet of a role."""
    if key in ROLES:
        return _page(uow, access, key, readable(ROLES[key]))
    return _page(uow, access, key, _shown(uow, access, key))


@roles.post("/roles/<key>")
@confirmed
@workspace_page("manage_roles")
def save_role(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Change a role; it holds from everybody's next click on."""
    if key in ROLES:
        raise NotFound("no-role", key=key)
    seen = posted_seen()
    before = seen_draft(uow, role_keeping.KIND, key, seen)
    return _save(uow, access, key, raw_from(request.form, before, key, access.locale))


@roles.post("/roles/<key>/archive")
@confirmed
@workspace_page("manage_roles")
def archive_role(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Take a role out of use."""
    try:
        role_keeping.archive_role(uow, access, key)
    except Conflict as conflict:
        raw = _shown(uow, access, key)
        return _page(uow, access, key, raw, {"": [conflict.message(access.locale)]}, 422)
    flash("roles.archived")
    return go_to(url_for("roles.show_roles"))


@roles.get("/log")
@workspace_page("view_audit")
def show_log(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Who came in, who gave and took which rights, what left the house; newest first."""
    person = current_person()
    entries, following = list_log(
        uow, access, below=request.args.get("below"),
        strangers=person is not None and person.admin,
    )  # fmt: skip
    page = {"entries": entries, "next": following, "forms": catalog_of(uow).forms}
    return render(
        "form_builder/access_log.html", device_of=device_of,
        target_words=_target_words(uow, access.locale), **page,
    )  # fmt: skip


def _target_words(uow: UnitOfWork, locale: str) -> Callable[[str, str], str | None]:
    """What people call the rules and ways of sending that a line is about; None for others."""
    rules, texts = snapshot(uow).all("rule"), snapshot(uow).all("message")

    def words(action: str, target: str) -> str | None:
        if action.startswith("message-") and target in texts:
            return str(spoken(texts[target].label, locale))
        if action.startswith("rule-") or action == "today-changed":
            keys = target.split(", ")
            return str(spoken([rules[k].label if k in rules else k for k in keys], locale))
        if action.startswith("address-"):
            return find_text(f"rules.channel.{target}", locale)
        return find_text(f"channels.{target}", locale) if action.startswith("channel-") else None

    return words


def nav(_uow: UnitOfWork, access: Access) -> Iterator[NavItem]:
    """Their lines in the navigation."""
    section = "nav.section-settings"
    if access.can("manage_roles"):
        url = url_for("roles.show_roles")
        yield NavItem(url, "shield-check", "nav.roles", section=section, order=915)
    if access.can("view_audit"):
        url = url_for("roles.show_log")
        yield NavItem(url, "history", "nav.access-log", section=section, order=945)


def _shown(uow: UnitOfWork, access: Access, key: str) -> Mapping[str, Any]:
    draft = store.get_draft(uow, role_keeping.KIND, key)
    return seeing.shown(uow, access, role_keeping.KIND, draft.raw)


def _save(
    uow: UnitOfWork, access: Access, key: str, raw: Mapping[str, Any]
) -> ResponseReturnValue:
    try:
        if key:
            role_keeping.change_role(uow, access, key, lambda _before: raw, posted_seen())
        else:
            role_keeping.put_role(uow, access, raw)
    except Invalid as invalid:
        return _page(uow, access, key, raw, _errors(invalid), 422)
    except Forbidden as refused:
        return _page(uow, access, key, raw, {"": [refused.message(access.locale)]}, 403)
    flash("roles.saved", name=i18n.pick(raw["label"], access.locale))
    return go_to(url_for("roles.show_roles"))


def _tag(uow: UnitOfWork, key: str) -> int | None:
    """The draft that the sheet shows; after a mistake still the one it began with."""
    posted = posted_seen().tag
    if posted is not None or not key or key in ROLES:
        return posted
    return store.get_draft(uow, role_keeping.KIND, key).tag


def _errors(invalid: Invalid) -> dict[str, list[str]]:
    found = [
        each.moved_from(f"role/{each.path.split('/')[1]}/")
        if each.path.startswith("role/")
        else each
        for each in invalid.problems
    ]
    return errors_by_field(found, ["label", "description"])


def _page(
    uow: UnitOfWork, access: Access, key: str, raw: Mapping[str, Any],
    errors: Mapping[str, list[str]] | None = None, status: int = 200,
) -> ResponseReturnValue:  # fmt: skip
    return render(
        "form_builder/role.html",
        status,
        key=key,
        tag=_tag(uow, key),
        is_fixed=key in ROLES,
        raw=raw,
        name=i18n.pick(raw.get("label"), access.locale),
        description=i18n.pick(raw.get("description"), access.locale),
        rows=sheet_of(raw, catalog_of(uow), unknown_to(uow, access)),
        units=units.list_units(uow),
        verbs=VERBS,
        rights=RIGHTS,
        capabilities=[
            (each, each in raw.get("capabilities", ()), access.can(each))
            for each in CHOSEN_CAPABILITIES
            if i18n.find_text(f"roles.can.{each}", access.locale)
        ],
        errors=errors or {},
    )
