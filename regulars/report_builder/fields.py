"""What reports need to know of a field path: its type, and how people see its values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import LINKED, FieldDefinition
from regulars.form_builder.field_types.choice import options_of
from regulars.platform.errors import NotFound
from regulars.platform.expressions.steps import is_connected
from regulars.platform.expressions.tree import Node, Path
from regulars.platform.expressions.types import Kind, ValueType
from regulars.platform.i18n import Text
from regulars.platform.problems import Problem

GROUPABLE = frozenset({
    Kind.TEXT, Kind.NUMBER, Kind.BOOLEAN, Kind.DATE, Kind.DATETIME, Kind.CHOICE, Kind.LINK,
    Kind.TAGS,
})  # fmt: skip
TIMES = frozenset({Kind.DATE, Kind.DATETIME})
MEASURABLE = frozenset({Kind.NUMBER, Kind.DATE, Kind.DATETIME})
_MAX_LOOKUPS = 5


@dataclass(frozen=True)
class FieldView:
    """A field path as a column: kind, label, decimals, currency, options, linked form."""

    path: str
    type: ValueType
    label: Text
    form: str  # the form the last step belongs to
    key: str  # the last step
    is_many: bool = False  # a record may have several of these values
    is_money: bool = False
    currency: str | None = None
    format: str | None = None  # how people see its numbers: "time" for minutes after midnight
    options: Mapping[str, Text] = field(default_factory=dict)

    @property
    def kind(self) -> Kind:
        """What its values are."""
        return self.type.kind

    @property
    def column_type(self) -> str:
        """The type of a result's column with these values."""
        if self.kind is Kind.NUMBER:
            return "money" if self.is_money else "number"
        return "choice" if self.kind is Kind.TAGS else self.kind.value


def view_of(
    catalog: FormCatalog, form_key: str, path: str
) -> tuple[FieldView | None, list[Problem]]:
    """The view of a path of a form, or every problem with it."""
    tree, problems = catalog.path(form_key, path)
    if problems or tree.type is None or not isinstance(tree, Path) or not tree.hops:
        return None, problems or [Problem("", "unknown-field", {"field": path})]
    last, kind, is_many = tree.hops[-1], tree.type, tree.type.kind is Kind.TAGS
    if is_several_links(tree):
        last, kind, is_many = tree.hops[-2], ValueType(Kind.LINK, form=tree.type.form), True
    definition = _definition(catalog, last.form, last.field.key)
    money = definition is not None and _is_money(definition)
    return (
        FieldView(
            path,
            kind,
            last.field.label or last.field.key,
            last.form,
            last.field.key,
            is_many,
            money,
            definition.settings.get("currency") if definition and money else None,
            "time" if definition and definition.type == "time" else None,
            _options(definition, kind),
        ),
        [],
    )


def is_several_links(tree: Path) -> bool:
    """Whether a path ends in a field of several links: its rows connect the two records."""
    return is_connected(tree.hops) and tree.hops[-1].field.key == LINKED


def _definition(catalog: FormCatalog, form_key: str, key: str) -> FieldDefinition | None:
    """The field's definition; a lookup's is the one of what it shows. System fields have none."""
    for _turn in range(_MAX_LOOKUPS):
        try:
            found = catalog.get_form(form_key).find(key)
        except NotFound:
            return None
        if found is None or found.type != "lookup":
            return found
        tree = tree_of(catalog, form_key, str(found.settings["path"]))
        if not isinstance(tree, Path) or not tree.hops:
            return found
        form_key, key = tree.hops[-1].form, tree.hops[-1].field.key
    return None


def _is_money(definition: FieldDefinition) -> bool:
    return definition.type == "money" or definition.settings.get("result") == "money"


def _options(definition: FieldDefinition | None, kind: ValueType) -> dict[str, Text]:
    if definition is None or kind.kind not in (Kind.CHOICE, Kind.TAGS):
        return {}
    return {code: each.get("label") or code for code, each in options_of(definition).items()}


def source_fields(catalog: FormCatalog, form_key: str) -> dict[str, FieldView]:
    """Every field of a form that a report can use, by key."""
    shape = catalog.shapes.find(form_key)
    found: dict[str, FieldView] = {}
    for key in shape.fields if shape else ():
        view, _problems = view_of(catalog, form_key, key)
        if view is not None and view.kind in GROUPABLE:
            found[key] = view
    return found


def tree_of(catalog: FormCatalog, form_key: str, path: str) -> Node:
    """The checked tree of a path that is known to be sound."""
    tree, _problems = catalog.path(form_key, path)
    return tree
