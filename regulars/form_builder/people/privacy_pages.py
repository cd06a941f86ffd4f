"""What an owner does when a customer asks: hand out a copy, correct, erase."""

from __future__ import annotations

from flask import Response, request, url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.people import wording
from regulars.form_builder.people.blueprints import pages
from regulars.form_builder.people.bundle import Bundle, bundle_of
from regulars.form_builder.people.dossier import make_dossier
from regulars.form_builder.people.erase_plan import EraseWish, plan_erasure
from regulars.form_builder.people.erasing import erase_person
from regulars.form_builder.people.identities import open_person
from regulars.form_builder.people.person_log import log_of
from regulars.form_builder.people.pointers import merged_records
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.platform.i18n import find_text
from regulars.platform.privacy.consents import ConsentState, consents_of
from regulars.platform.web.flash import flash
from regulars.platform.web.form_errors import errors_by_field
from regulars.platform.web.htmx import go_to
from regulars.platform.web.preferences import current_locale
from regulars.platform.web.rendering import render

pages.add_app_template_filter(wording.table_key, "table_key")


@pages.app_template_filter("consent_words")
def consent_words(state: ConsentState) -> str:
    """About what and through which channel; purposes an owner made up have no words of ours."""
    locale = current_locale()
    purpose = find_text(f"people.purpose.{state.purpose}", locale) or state.purpose
    channel = find_text(f"rules.channel.{state.channel}", locale) or state.channel
    return f"{purpose} · {channel}"


@pages.get("/records/<int:record_id>/privacy")
@workspace_page("export_people")
def privacy(uow: UnitOfWork, access: Access, form_key: str, record_id: int) -> ResponseReturnValue:
    """What the person may ask for, and what was done so far."""
    person = open_person(uow, access, form_key, record_id, verb="read")
    return render(
        "people/privacy.html",
        form=person.people.form,
        person=person,
        consents=consents_of(uow, form_key, record_id),
        merges=merged_records(uow, form_key, record_id),
        log=log_of(uow, form_key, record_id),
    )


@pages.post("/records/<int:record_id>/privacy/export")
@workspace_page("export_people")
def export(uow: UnitOfWork, access: Access, form_key: str, record_id: int) -> ResponseReturnValue:
    """Everything that is known of the person, as one file."""
    reason = request.form.get("reason", "").strip()[:500] or None
    dossier = make_dossier(uow, access, form_key, record_id, reason=reason)
    return file_of(bundle_of(uow, dossier, access.locale))


@pages.get("/records/<int:record_id>/privacy/erase")
@workspace_page("erase_people")
def erase_page(
    uow: UnitOfWork, access: Access, form_key: str, record_id: int
) -> ResponseReturnValue:
    """What would go, what would stay without the person, and the typed confirmation."""
    return _erase_page(uow, access, EraseWish(form_key, record_id))


@pages.post("/records/<int:record_id>/privacy/erase")
@workspace_page("erase_people")
def erase(uow: UnitOfWork, access: Access, form_key: str, record_id: int) -> ResponseReturnValue:
    """Forget the person."""
    given = request.form
    relations = {k.removeprefix("policy."): v for k, v in given.items() if k.startswith("policy.")}
    reasons = {k.removeprefix("reason."): v for k, v in given.items() if k.startswith("reason.")}
    wish = EraseWish(form_key, record_id, relations, reasons, given.get("confirm", ""))
    try:
        erase_person(uow, access, wish)
    except Invalid as invalid:
        return _erase_page(uow, access, wish, invalid)
    flash("people.erased")
    return go_to(url_for("records.index", form_key=form_key))


def file_of(bundle: Bundle) -> Response:
    """The answer that a browser saves; nobody on the way keeps a copy."""
    answer = Response(bundle.content, mimetype="application/zip")
    answer.headers["Content-Disposition"] = f'attachment; filename="{bundle.name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _erase_page(
    uow: UnitOfWork, access: Access, wish: EraseWish, invalid: Invalid | None = None
) -> ResponseReturnValue:
    plan = plan_erasure(uow, access, wish)
    problems = [] if invalid is None else invalid.problems
    names = [relation.name for relation in plan.seen]
    known = ["confirm", *(f"{part}/{name}" for name in names for part in ("relations", "reasons"))]
    return render(
        "people/erase.html",
        200 if invalid is None else 422,
        form=catalog_of(uow).get_form(wish.form),
        plan=plan,
        wish=wish,
        stays=wording.staying(plan),
        goes=wording.going(plan),
        errors=errors_by_field(problems, known),
    )
