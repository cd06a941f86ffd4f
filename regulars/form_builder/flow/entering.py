"""What somebody fills in on a form with states: not the state itself, nor what a state locks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.layout import only


def without_locked(form: FormDefinition, stored: Mapping[str, Any] | None) -> FormDefinition:
    """The form as it is filled in: for a new record (None), or for one as it is stored."""
    flow = form.workflow
    if flow is None:
        return form
    state = None if stored is None else flow.at(stored.get(flow.field))
    fields = tuple(
        each for each in form.fields
        if each.key != flow.field and not (state is not None and state.locks(each.key))
    )  # fmt: skip
    by_key = {each.key: each for each in fields}
    return replace(form, fields=fields, by_key=by_key, layout=only(form.layout, by_key))
