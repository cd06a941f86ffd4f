"""What the templates of the designer's settings panel ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.field_types.base import field_types
from regulars.form_builder.field_types.choice import COLORS, option_label, options_of
from regulars.form_builder.field_types.subform import NESTABLE
from regulars.form_builder.web import filters
from regulars.form_builder.web.blueprints import forms
from regulars.form_builder.web.designer_view import Panel
from regulars.form_builder.web.palette import part_icon
from regulars.form_builder.web.widgets import Choices, Widget, rows_of
from regulars.platform import i18n
from regulars.platform.expressions.operators import LIST_OPS, NO_VALUE_OPS
from regulars.platform.expressions.types import Kind
from regulars.platform.web.preferences import current_locale
from regulars.platform.web.rendering import translate

NEEDED = ("aggregate", "result")

forms.add_app_template_global(lambda: COLORS, "colors")
forms.add_app_template_global(lambda: NESTABLE, "nestable")
forms.add_app_template_global(part_icon, "part_icon")


@dataclass(frozen=True)
class WhereRow:
    """The condition of a rollup as one row; ``is_own`` when it has another shape."""

    fields: Sequence[FieldDefinition]
    field: FieldDefinition | None = None
    op: str = ""
    values: Sequence[str] = ()
    options: Choices = ()
    is_own: bool = False

    @property
    def many(self) -> bool:
        """Whether several values can be chosen."""
        return self.op in LIST_OPS

    @property
    def takes_value(self) -> bool:
        """Whether the operator compares with something."""
        return self.op not in NO_VALUE_OPS


@forms.app_template_global("messages_at")
def messages_at(panel: Panel, name: str) -> list[str]:
    """What is wrong with a setting, also with what lies below it when ``name`` is an option."""
    is_inner = "/" in name
    return [
        problem.message(current_locale())
        for place, problems in panel.problems.items()
        if place == name
        or (is_inner and place.startswith(f"{name}/"))
        or (not is_inner and place.partition("/")[0] == name and name != "options")
        for problem in problems
    ]


@forms.app_template_global("setting_help")
def setting_help(name: str) -> str:
    """A line of help below a setting, "" where the name says enough."""
    return i18n.find_text(f"forms.setting-help.{name}", current_locale()) or ""


@forms.app_template_global("setting_blank")
def setting_blank(name: str) -> str:
    """What an empty choice means."""
    own = i18n.find_text(f"forms.setting-blank.{name}", current_locale())
    return own or translate("records.none")


@forms.app_template_global("is_needed")
def is_needed(widget: Widget) -> bool:
    """Whether a choice may not be empty."""
    return widget.name in NEEDED


@forms.app_template_global("siblings")
def siblings(panel: Panel) -> list[FieldDefinition]:
    """The fields that a formula can name: those beside it."""
    subject, ref = panel.subject, panel.card.ref
    outer = subject.form.find(ref.partition(".")[0])
    beside = outer.fields if subject.is_column and outer is not None else subject.form.fields
    return [each for each in beside if each.key != subject.field.key]


@forms.app_template_global("where_row")
def where_row(panel: Panel) -> WhereRow:
    """The condition of the chosen rollup as the panel shows it."""
    fields = [each for each in rows_of(panel.subject) if _offered(each)]
    condition = panel.subject.setting("where")
    if not condition:
        return WhereRow(fields)
    leaves = filters.leaves_of(condition)
    leaf = leaves[0] if len(leaves) == 1 else {}
    field = next((each for each in fields if each.key == leaf.get("field")), None)
    if field is None or set(leaf) - {"field", "op", "value"} or not _is_simple(leaf.get("value")):
        return WhereRow(fields, is_own=True)
    return WhereRow(
        fields, field, str(leaf["op"]), _texts(leaf.get("value")), _options(field, str(leaf["op"]))
    )


def _offered(field: FieldDefinition) -> bool:
    kind = field_types.get(field.type).value_type(field).kind
    return kind is not Kind.LINK and bool(filters.offered_ops(field))


def _options(field: FieldDefinition, op: str) -> Choices:
    if op in NO_VALUE_OPS:
        return ()
    if op == "within":
        days = [(str(n), translate("records.last-n-days", n=n)) for n in filters.LAST_DAYS]
        return [*days, *((c, translate(f"records.calendar.{c}")) for c in filters.CALENDARS)]
    if field.type == "boolean":
        return [("true", translate("records.yes")), ("false", translate("records.no"))]
    locale = current_locale()
    return [(value, option_label(field, value, locale)) for value in options_of(field)]


def _is_simple(value: Any) -> bool:
    if isinstance(value, Mapping):
        return (
            set(value) <= {"last", "unit", "calendar", "n"} and value.get("unit", "day") == "day"
        )
    return True


def _texts(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [str(value.get("calendar") or value.get("last") or value.get("n") or "")]
    if isinstance(value, list):
        return [str(each) for each in value]
    if isinstance(value, bool):
        return [str(value).lower()]
    return [] if value is None else [str(value)]
