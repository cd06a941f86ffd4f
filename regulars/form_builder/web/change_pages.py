"""Pages of changing a live form: where it is used, what was put away, another type, versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder.api_changes import csv_answer
from regulars.form_builder.changing import archiving, ghosts, repairing, retypes
from regulars.form_builder.changing.conversions import possible_types
from regulars.form_builder.changing.loss_file import losses_as_csv
from regulars.form_builder.changing.used_by import uses_of_field, uses_of_form
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.web.blueprints import designer, forms
from regulars.form_builder.web.palette import icon_of
from regulars.form_builder.web.retype_wish import link_keys, wish_of
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.errors import Conflict, Invalid
from regulars.platform.i18n import Text, pick
from regulars.platform.problems import Problem
from regulars.platform.web.definition_pages import versions_seen
from regulars.platform.web.flash import flash
from regulars.platform.web.form_errors import errors_by_field
from regulars.platform.web.htmx import go_to, is_htmx
from regulars.platform.web.preferences import current_locale
from regulars.platform.web.rendering import render, translate

LOSSES_A_PAGE = 50
forms.add_app_template_global(icon_of, "type_icon")


@forms.app_template_global("type_choices")
def type_choices(names: Sequence[str]) -> list[tuple[str, str, str]]:
    """(type, its name, what it is for) of each type."""
    return [
        (name, translate(f"forms.type.{name}"), translate(f"forms.type-help.{name}"))
        for name in names
    ]


@forms.app_template_global("link_choices")
def link_choices(targets: Sequence[tuple[str, Text, Text]]) -> list[tuple[str, str]]:
    """(value, form and field in words) of what a link can be found by."""
    locale = current_locale()
    return [(v, f"{pick(form, locale)} · {pick(field, locale)}") for v, form, field in targets]


@designer.get("/used-by")
@workspace_page("design_forms")
def used_by(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Every place that uses the form, or its field ``?field=``."""
    ref = request.args.get("field", "")
    found = (
        uses_of_field(uow, access, form_key, ref) if ref else uses_of_form(uow, access, form_key)
    )
    published = snapshot(uow).find("form", form_key)
    others = repairing.fields_instead(published, ref) if published and ref else []
    wanted = request.args.get("instead", "")
    return render(
        "form_builder/used_by.html", form=_form(uow, form_key), ref=ref, uses=found,
        field=_field(uow, form_key, ref) if ref else None, others=others, wanted=wanted,
        plan=repairing.plan(uow, access, form_key, ref, wanted) if wanted else None,
    )  # fmt: skip


@designer.post("/used-by/replace")
@workspace_page("design_forms")
def replace_field(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Use another field wherever this one is used."""
    ref, instead = request.form.get("field", ""), request.form.get("instead", "")
    try:
        done = repairing.repair(uow, access, form_key, ref, instead)
    except Invalid as invalid:
        flash(
            "forms.replace-refused", tone="danger", why=invalid.problems[0].message(access.locale)
        )
        return go_to(url_for("designer.used_by", form_key=form_key, field=ref))
    flash("forms.replaced", n=sum(each.is_done for each in done))
    return go_to(url_for("designer.used_by", form_key=form_key, field=ref))


@designer.get("/archived")
@workspace_page("design_forms")
def archived(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """The fields that were put away, and old values that wait to be dropped."""
    return _archived_page(uow, access, form_key)


@designer.post("/archived/restore")
@workspace_page("design_forms")
def restore_field(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Bring an archived field back at once."""
    ref = request.form.get("field", "")
    field = archiving.archived_fields(uow, access, form_key).get(ref)
    archiving.restore_field(uow, access, form_key, ref)
    flash("forms.field-restored", name=field.name if field else ref)
    return go_to(url_for("designer.archived", form_key=form_key))


@designer.post("/archived/purge")
@workspace_page("design_forms")
def purge_field(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Take an archived field away, once its name was typed."""
    ref, confirm = request.form.get("field", ""), request.form.get("confirm", "")
    try:
        ghost = archiving.purge_field(uow, access, form_key, ref, confirm)
    except Invalid as invalid:
        return _archived_page(uow, access, form_key, {ref: invalid.problems[0]})
    flash("forms.field-purged", name=ghost.definition.name)
    return go_to(url_for("designer.archived", form_key=form_key))


@designer.post("/archived/take-back")
@workspace_page("design_forms")
def take_back(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Make a purged field an archived one again."""
    archiving.take_back(uow, access, _posted_number("ghost"))
    flash("forms.field-taken-back")
    return go_to(url_for("designer.archived", form_key=form_key))


@designer.get("/archived/values/<int:ghost>.csv")
@workspace_page("design_forms")
def kept_values(uow: UnitOfWork, access: Access, form_key: str, ghost: int) -> ResponseReturnValue:
    """What a field that is gone held, as a file."""
    return csv_answer(archiving.values_as_csv(uow, access, ghost))


@designer.get("/retype")
@workspace_page("design_forms")
def choose_type(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Choose what the field ``?field=`` shall become."""
    return _choose_page(uow, access, form_key, request.args.get("field", ""), {})


@designer.post("/retype")
@workspace_page("design_forms")
def begin_retype(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Rehearse the change."""
    ref = request.form.get("field", "")
    try:
        job = retypes.begin(uow, access, form_key, ref, wish_of(request.form))
    except Invalid as invalid:
        return _choose_page(uow, access, form_key, ref, invalid.problems, 422)
    return go_to(url_for("designer.show_retype", form_key=form_key, number=job.id))


@designer.get("/retype/<int:number>")
@workspace_page("design_forms")
def show_retype(
    uow: UnitOfWork, access: Access, form_key: str, number: int
) -> ResponseReturnValue:
    """How far the change is, what it would lose, and the buttons to go on."""
    job = retypes.get_retype(uow, access, number)
    after = request.args.get("after", "0")
    last = int(after) if after.isdecimal() and len(after) < 19 else 0
    found = retypes.losses(uow, access, number, after=last, limit=LOSSES_A_PAGE)
    template = "form_builder/_retype.html" if is_htmx() else "form_builder/retype.html"
    return render(
        template, form=_form(uow, form_key), job=job, losses=found, after=last,
        more=len(found) == LOSSES_A_PAGE, can_undo=retypes.can_undo(job, uow),
    )  # fmt: skip


@designer.get("/retype/<int:number>/losses.csv")
@workspace_page("design_forms")
def losses_file(
    uow: UnitOfWork, access: Access, form_key: str, number: int
) -> ResponseReturnValue:
    """Every row that would lose something, as a file."""
    return csv_answer(losses_as_csv(uow, access, number))


@designer.post("/retype/<int:number>/<act>")
@workspace_page("design_forms")
def act_on_retype(
    uow: UnitOfWork, access: Access, form_key: str, number: int, act: str
) -> ResponseReturnValue:
    """Go on, stop, or rehearse the way back."""
    acts = {
        "confirm": retypes.confirm,
        "cancel": retypes.cancel,
        "undo": retypes.begin_undo,
    }
    if act not in acts:
        raise Conflict("unknown-step")
    job = acts[act](uow, access, number)
    return go_to(url_for("designer.show_retype", form_key=form_key, number=job.id))


@designer.get("/versions")
@workspace_page("design_forms")
def form_versions(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Every version and what each changed."""
    return render(
        "form_builder/versions.html", form=_form(uow, form_key),
        seen=versions_seen(uow, access, "form", form_key), kind="form", key=form_key,
        own=url_for("designer.form_versions", form_key=form_key),
        retypes=retypes.list_retypes(uow, access, form_key),
    )  # fmt: skip


def _archived_page(
    uow: UnitOfWork, access: Access, form_key: str, errors: Mapping[str, Problem] | None = None
) -> ResponseReturnValue:
    return render(
        "form_builder/archived.html", 422 if errors else 200, form=_form(uow, form_key),
        fields=archiving.archived_fields(uow, access, form_key),
        ghosts=ghosts.list_ghosts(uow, form_key), errors=errors or {},
    )  # fmt: skip


def _choose_page(
    uow: UnitOfWork, access: Access, form_key: str, ref: str, problems: Any, status: int = 200
) -> ResponseReturnValue:
    field = _field(uow, form_key, ref)
    own = ("type", "decimals", "to", "by", "currency")
    errors = errors_by_field(list(problems), own) if problems else {}
    return render(
        "form_builder/retype_new.html", status, form=_form(uow, form_key), ref=ref, field=field,
        types=possible_types(field.type), uses=uses_of_field(uow, access, form_key, ref),
        errors=errors, problems=list(problems) if problems else [], values=request.form,
        targets=link_keys(snapshot(uow).all("form")),
    )  # fmt: skip


def _form(uow: UnitOfWork, form_key: str) -> FormDefinition:
    return FormDefinition.from_json(store.get_draft(uow, "form", form_key).raw)


def _field(uow: UnitOfWork, form_key: str, ref: str) -> FieldDefinition:
    return FieldDefinition.from_json(retypes.published_field(uow, form_key, ref))


def _posted_number(name: str) -> int:
    text = request.form.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else 0
