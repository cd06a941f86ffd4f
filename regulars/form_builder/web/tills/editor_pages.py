"""The editor of tills: one page of choices that follow the forms that were chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.keys import derive_key
from regulars.form_builder.tills.composing import ON_PERSON, Choices, fitting
from regulars.form_builder.tills.definition import HOURS, MEMBERS
from regulars.form_builder.tills.kind import KIND, till_problems
from regulars.form_builder.web.tills.asked import EDIT
from regulars.form_builder.web.tills.blueprints import tills
from regulars.form_builder.web.tills.posted import till_from
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import editing, seeing, store
from regulars.platform.errors import Invalid
from regulars.platform.i18n import translate
from regulars.platform.problems import Problem
from regulars.platform.web.definition_pages import posted_seen
from regulars.platform.web.flash import flash
from regulars.platform.web.form_errors import errors_by_field
from regulars.platform.web.htmx import go_to, is_htmx
from regulars.platform.web.rendering import label, render

Raw = Mapping[str, Any]
_NO_SALE: Raw = {"via": "", "amount": "", "at": "", "offer": "", "quick": []}
_NO_OFFER: Raw = {"via": "", "least": "", "show": []}
_NO_POINTS: Raw = {"form": "", "via": "", "sale": "", "field": "", "formula": ""}


@tills.post("/new")
@workspace_page(EDIT)
def create(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Begin with what fits the forms that are there, as a draft, and open the editor."""
    name = translate("tills.till", access.locale)
    key = derive_key(name, {draft.key for draft in store.list_drafts(uow, KIND)}, KIND)
    choices = Choices(catalog_of(uow), access.locale)
    raw = {"kind": KIND, "schema": 1, "key": key, "label": name, **fitting({}, choices)}
    if not (raw["people"]["form"] and raw["sale"]["form"]):
        flash("tills.needs-forms", "warning")
        return go_to(url_for("tills.index"))
    raw["sale"] = {each: value for each, value in raw["sale"].items() if value}
    store.save_draft(uow, access, KIND, raw, tag=0)
    return go_to(url_for("tills.edit", key=key))


@tills.get("/<key>/edit")
@workspace_page(EDIT)
def edit(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """The editor of a till."""
    return _page(uow, access, _stored(uow, access, key))


@tills.post("/<key>/sketch")
@workspace_page(EDIT, writes=False)
def sketch(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """The editor as it follows from what was chosen; nothing is saved."""
    posted = till_from(request.form, _stored(uow, access, key), access.locale)
    return _page(uow, access, fitting(posted, Choices(catalog_of(uow), access.locale)))


@tills.post("/<key>/edit")
@workspace_page(EDIT)
def save(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Keep the till and put it to use."""
    raw = till_from(request.form, _stored(uow, access, key), access.locale)
    try:
        if not raw["label"]:
            raise Invalid([Problem("label", "required"), *till_problems({**raw, "label": "x"})])
        editing.edit(uow, access, KIND, key, lambda _before: raw, posted_seen())
        store.publish(uow, access, [(KIND, key)])
    except Invalid as invalid:
        prefix = f"{KIND}/{key}/"
        return _page(uow, access, raw, [each.moved_from(prefix) for each in invalid.problems])
    flash("tills.saved", name=label(raw["label"]))
    return go_to(url_for("tills.index"))


def _stored(uow: UnitOfWork, access: Access, key: str) -> dict[str, Any]:
    seeing.require_seen(uow, access, KIND, key)
    return dict(editing.seen_draft(uow, KIND, key, posted_seen()))


def _page(
    uow: UnitOfWork, access: Access, raw: Raw, problems: Sequence[Problem] = ()
) -> ResponseReturnValue:
    draft = store.find_draft(uow, KIND, raw["key"])
    template = "_editor.html" if is_htmx() and not problems else "editor.html"
    offer, points = raw.get("offer"), raw.get("points")
    whole = {
        **raw,
        "people": {"show": [], **raw["people"]},
        "sale": {**_NO_SALE, **raw["sale"]},
        "offer": offer and {**_NO_OFFER, **offer},
        "points": points and {**_NO_POINTS, **points},
        "offline": {"hours": HOURS, "members": MEMBERS, "show": [], **raw.get("offline", {})},
    }
    return render(
        f"tills/{template}", 422 if problems else 200,
        raw=whole, choices=Choices(catalog_of(uow), access.locale), on_person=ON_PERSON,
        tag=None if draft is None else draft.tag, errors=_errors(problems),
        marks=_marks(offer or {}),
    )  # fmt: skip


def _errors(problems: Sequence[Problem]) -> dict[str, list[str]]:
    """Each message at its input: ``sale/amount`` at ``sale.amount``, deeper ones above them."""
    moved = [
        Problem(".".join(each.path.split("/")[:2]), each.code, each.params, each.text)
        for each in problems
    ]
    return errors_by_field(moved)


def _marks(offer: Raw) -> dict[str, str]:
    """What of ``sets`` the page shows: the mark as ``status=used``, the field of the moment."""
    found = {"mark": "", "stamp": ""}
    for key, value in offer.get("sets", {}).items():
        if value == {"formula": "NOW()"}:
            found["stamp"] = key
        elif isinstance(value, str | bool):
            found["mark"] = f"{key}={'true' if value is True else value}"
    return found
