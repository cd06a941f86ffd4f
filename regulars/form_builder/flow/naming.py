"""What states and ways are called. Pure."""

from __future__ import annotations

from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.flow.definition import Transition
from regulars.platform.i18n import Text


def state_name(form: FormDefinition, value: str) -> Text:
    """A state as its option is labelled; its value where it has no label."""
    flow = form.workflow
    field = form.find(flow.field) if flow is not None else None
    option = field.options.get(value) if field is not None else None
    found: Text = (option or {}).get("label") or value
    return found


def way_name(form: FormDefinition, way: Transition) -> Text:
    """A way as its button says; where it leads when it has no words of its own."""
    return way.label or state_name(form, way.to)
