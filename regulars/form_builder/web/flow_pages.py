"""The states page of the designer: a chip opens a small form, and each change is kept at once."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder import edits, service
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.edits import StepRefused
from regulars.form_builder.field_types.choice import COLORS
from regulars.form_builder.flow.definition import NEEDS
from regulars.form_builder.flow.losing import held_in_use
from regulars.form_builder.formula_desk import drafted_catalog
from regulars.form_builder.web.blueprints import designer
from regulars.form_builder.web.flow_posts import step_of
from regulars.form_builder.web.flow_view import StatesPage, code_of, codes_of, states_page
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.errors import Conflict, Invalid
from regulars.platform.web.definition_pages import posted_seen
from regulars.platform.web.form_errors import errors_by_field
from regulars.platform.web.htmx import go_to, vary_on_htmx, wants_partial
from regulars.platform.web.rendering import render

INPUTS = (
    "f", "op", "v", "formula", "field", "label", "fields", "signers", "approved", "due_n",
    "from", "to",
)  # fmt: skip


@designer.get("/states")
@workspace_page("design_forms")
def states(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """The states of a form and the ways between them; ``at`` opens the form of one place."""
    return _page(states_page(uow, access, form_key, request.args.to_dict()))


@designer.post("/states")
@workspace_page("design_forms")
def change_states(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """One change of the draft; a mistake keeps the small form open with its words."""
    turn = {"undo": service.undo_step, "redo": service.redo_step}.get(request.form.get("do", ""))
    if turn is not None:
        turn(uow, access, form_key)
        return _answer(uow, access, form_key)
    draft = store.get_draft(uow, "form", form_key)
    form = FormDefinition.from_json(edits.spread(draft.raw))
    seen = posted_seen()
    try:
        _refuse_in_use(uow, form_key)
        step = step_of(request.form, form, drafted_catalog(uow, form_key), access.locale)
        service.edit_form(uow, access, form_key, step, tag=seen.tag, force=seen.force)
    except StepRefused as refused:
        raise Conflict(refused.code) from None
    except Invalid as invalid:
        again = {**request.form.to_dict(), "at": request.form.get("do", "")}
        errors = errors_by_field(invalid.problems, INPUTS)
        return _page(states_page(uow, access, form_key, again, errors), 422)
    return _answer(uow, access, form_key)


def _refuse_in_use(uow: UnitOfWork, form_key: str) -> None:
    """Conflict for taking a state away at which records stand."""
    if request.form.get("do") == "drop-state":
        for each in held_in_use(uow, form_key, request.form.get("state", "")):
            raise Conflict(each.code, **each.params)


def _answer(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    if wants_partial():
        return _page(states_page(uow, access, form_key, {}))
    return go_to(url_for("designer.states", form_key=form_key))


def _page(seen: StatesPage, status: int = 200) -> ResponseReturnValue:
    name = "form_builder/_states.html" if wants_partial() else "form_builder/states.html"
    return vary_on_htmx(
        render(
            name, status, seen=seen, form=seen.form, palette=COLORS, needs=NEEDS,
            codes_of=codes_of, code_of=code_of,
            given=request.form.to_dict(flat=False) if status >= 400 else None,
        )
    )  # fmt: skip
