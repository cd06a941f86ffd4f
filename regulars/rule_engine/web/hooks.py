"""The addresses that programs post to: made by owners, each with a secret that is shown once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder.catalog import FormCatalog, catalog_of
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.field_types.base import field_types
from regulars.form_builder.field_types.file import FILE_TYPES
from regulars.form_builder.keys import derive_key
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.accounts.web.confirmation import confirmed
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.platform.i18n import MissingText, pick
from regulars.platform.problems import Problem
from regulars.platform.web.flash import flash
from regulars.platform.web.form_errors import errors_by_field
from regulars.platform.web.htmx import go_to
from regulars.platform.web.installation import installation
from regulars.platform.web.preferences import current_locale
from regulars.platform.web.rendering import render
from regulars.platform.web.shell import NavItem
from regulars.rule_engine import hooks
from regulars.rule_engine.api_hooks import url_of
from regulars.rule_engine.hooks import HookMap, HookWish
from regulars.rule_engine.web.blueprints import pages

_UNFILLED = ("subform", *FILE_TYPES)


@pages.get("/hooks")
@workspace_page("manage_tokens")
def list_hooks(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Every address, and a form for another one."""
    return _list(uow, {}, {})


@pages.post("/hooks")
@confirmed
@workspace_page("manage_tokens")
def add_hook(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Make an address and show its secret, this once."""
    name = request.form.get("name", "").strip()
    taken = {each.key for each in hooks.list_hooks(uow)}
    wish = HookWish(derive_key(name, taken, "hook"), name)
    try:
        if not name:
            raise Invalid([Problem("name", "required")])
        made = hooks.add_hook(uow, access, installation().seal, wish)
    except Invalid as invalid:
        return _list(uow, request.form.to_dict(), errors_by_field(invalid.problems), 422)
    return _page(uow, access, wish.key, secret=made.secret)


@pages.get("/hooks/<key>")
@workspace_page("manage_tokens")
def show_hook(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """One address: what came last, what came of it, which record it means."""
    return _page(uow, access, key)


@pages.post("/hooks/<key>")
@workspace_page("manage_tokens")
def change_hook(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Keep its name and which record it writes."""
    form = request.form.get("about", "")
    maps = None
    if form:
        values = {
            name.removeprefix("path:"): text.strip()
            for name, text in request.form.items()
            if name.startswith("path:") and text.strip()
        }
        version = request.form.get("version", "").strip() or None
        match, at = request.form.get("match", ""), request.form.get("at", "").strip()
        maps = HookMap(form, match, at, values, version)
    try:
        hooks.change_hook(uow, access, HookWish(key, request.form.get("name", ""), maps))
    except Invalid as invalid:
        errors = errors_by_field([p.moved_from("maps/") for p in invalid.problems])
        return _page(uow, access, key, maps=maps, errors=errors, status=422)
    flash("hooks.saved")
    return go_to(url_for("rules.show_hook", key=key))


@pages.post("/hooks/<key>/secret")
@confirmed
@workspace_page("manage_tokens")
def rotate_hook(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Another secret, shown this once."""
    made = hooks.rotate_secret(uow, access, installation().seal, key)
    return _page(uow, access, key, secret=made.secret)


@pages.post("/hooks/<key>/state")
@workspace_page("manage_tokens")
def switch_hook(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Take nothing for now, or take calls again."""
    state = "paused" if request.form.get("state") == "paused" else "active"
    hooks.set_state(uow, access, key, state)
    flash(f"hooks.state-{state}")
    return go_to(url_for("rules.show_hook", key=key))


@pages.post("/hooks/<key>/remove")
@confirmed
@workspace_page("manage_tokens")
def remove_hook(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Take an address away."""
    hooks.remove_hook(uow, access, key)
    flash("hooks.removed")
    return go_to(url_for("rules.list_hooks"))


def _list(
    uow: UnitOfWork, values: Mapping[str, str], errors: Mapping[str, list[str]], status: int = 200
) -> ResponseReturnValue:
    rows = hooks.list_hooks(uow)
    return render("rule_engine/hooks.html", status, rows=rows, values=values, errors=errors)


def _page(  # noqa: PLR0913 - what differs between showing, refusing and telling a secret
    uow: UnitOfWork, access: Access, key: str, *, secret: str = "",
    maps: HookMap | None = None, errors: Mapping[str, list[str]] | None = None, status: int = 200,
) -> ResponseReturnValue:  # fmt: skip
    row, catalog = hooks.get_hook(uow, key), catalog_of(uow)
    shown: Any = maps or (HookMap.from_json(row.maps) if row.maps else None)
    about = request.values.get("about", shown.form if shown else "")
    if shown is not None and shown.form != about:
        shown = None
    form = catalog.forms.get(about)
    forms = [(k, pick(f.label, access.locale)) for k, f in catalog.forms.items()]
    return render(
        "rule_engine/hook.html", status, row=row, url=url_of(row), secret=secret, maps=shown,
        about=about, forms=forms, calls=hooks.last_calls(uow, key), errors=errors or {},
        unique=_unique(form, access.locale), fields=_fields(catalog, form, access.locale),
    )  # fmt: skip


@pages.app_template_global("problem_words")
def problem_words(kept: Mapping[str, Any]) -> str:
    """What was wrong with a call, in the reader's language; calls from before kept no values."""
    problem = Problem(kept["path"], kept["code"], kept.get("params", {}))
    try:
        return problem.message(current_locale())
    except (KeyError, MissingText):
        return problem.code


def _unique(form: FormDefinition | None, locale: str) -> list[tuple[str, str]]:
    return [
        (each.key, pick(each.name, locale))
        for each in (form.fields if form else ())
        if each.unique or each.type == "serial"
    ]


def _fields(
    catalog: FormCatalog, form: FormDefinition | None, locale: str
) -> Iterable[tuple[str, str]]:
    """What a call may fill; a link goes by a unique field of the form it leads to."""
    for each in form.fields if form else ():
        if not field_types.get(each.type).writable or each.type in _UNFILLED:
            continue
        name = pick(each.name, locale)
        if each.type != "link":
            yield each.key, name
            continue
        target = catalog.forms.get(str(each.settings.get("to", "")))
        for unique in target.fields if target else ():
            if unique.unique:
                yield f"{each.key}.{unique.key}", f"{name} · {pick(unique.name, locale)}"


def nav(uow: UnitOfWork, access: Access) -> Iterable[NavItem]:
    """For those who connect other programs."""
    if access.can("manage_tokens"):
        yield NavItem(
            url_for("rules.list_hooks"), "inbox", "nav.hooks", section="nav.section-settings",
            order=936,
        )  # fmt: skip
