"""A form as frozen objects, parsed once from its JSON. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from regulars.form_builder.flow.definition import Workflow
from regulars.form_builder.layout import LayoutItem, layout_of
from regulars.form_builder.logic.actions import LogicRule, rules_from_json
from regulars.platform.i18n import Text, pick

SYSTEM_FIELDS = (
    "id", "version", "created_at", "created_by", "updated_at", "updated_by",
    "unit", "owner", "form_version", "batch", "ext",
)  # fmt: skip
RESERVED_KEYS = frozenset({*SYSTEM_FIELDS, "parent", "position", "record", "value"})
COMMON_KEYS = (
    "key", "type", "label", "help", "placeholder", "required", "unique", "default", "personal",
    "freeze", "width",
)  # fmt: skip
_NESTED = ("fields", "archived")
ROW_TYPES = ("subform", "links", "members")
"""Types whose values are rows of a table of their own."""
LINKS_TYPES = ("links", "members")
"""Those of them whose rows only link."""
PAIRED_TYPES = ("rich_text",)  # a second column stands beside that of the value
VALUELESS_TYPES = ("button",)
"""Types whose fields do something and hold nothing."""
SIDE_TYPES = ("tags", "choices")
"""Types whose value is a set of words in a table at the form's side."""
LINKED = "record"
"""The column of a row of `links` that holds the linked record."""
_TITLE_PART = re.compile(r"\{([a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*)\}")


@dataclass(frozen=True)
class FieldDefinition:
    """One field. ``settings`` are its type's own; ``fields`` are a subform's."""

    key: str
    type: str
    label: Text | None = None
    help: Text | None = None
    placeholder: Text | None = None
    required: bool = False
    unique: bool = False
    default: Any = None
    personal: Mapping[str, Any] | None = None
    freeze: str | None = None
    width: int = 1  # of the columns of its section
    settings: Mapping[str, Any] = field(default_factory=dict)
    fields: tuple[FieldDefinition, ...] = ()
    archived: tuple[FieldDefinition, ...] = ()  # a subform's columns that were put away

    @property
    def exact(self) -> bool:
        """Whether upper and lower case are kept apart."""
        return self.settings.get("case") == "exact"

    @cached_property
    def options(self) -> Mapping[str, Mapping[str, Any]]:
        """The owner's options by their code, in order; those of a cascade with their whole way."""
        known = {option["value"]: option for option in self.settings.get("options", ())}
        if self.type != "cascade":
            return known
        return {code: {**each, "label": _whole_way(code, known)} for code, each in known.items()}

    @property
    def name(self) -> Text:
        """What people call it; the key when it has no label."""
        return self.label or self.key

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> FieldDefinition:
        """The field of a JSON object whose shape has been checked."""
        common = {key: raw[key] for key in COMMON_KEYS if key in raw}
        settings = {k: v for k, v in raw.items() if k not in (*COMMON_KEYS, *_NESTED)}
        fields, archived = (tuple(map(cls.from_json, raw.get(name, ()))) for name in _NESTED)
        if raw["type"] == "members":
            settings = {**settings, "to": "sys_members"}
        if raw["type"] in LINKS_TYPES:
            fields = (_linked(raw["type"], common, settings),)
        return cls(**common, settings=settings, fields=fields, archived=archived)

    @property
    def has_rows(self) -> bool:
        """Whether its values are rows of a table of their own."""
        return self.type in ROW_TYPES

    @property
    def has_links(self) -> bool:
        """Whether its value is several links: records, or people of the team."""
        return self.type in LINKS_TYPES

    @property
    def has_side(self) -> bool:
        """Whether its value is a set of words in a table at the form's side."""
        return self.type in SIDE_TYPES


@dataclass(frozen=True)
class Check:
    """A condition every record must meet; ``message`` is shown at field ``at``."""

    must: Mapping[str, Any]
    message: Text
    at: str | None = None


@dataclass(frozen=True)
class FormDefinition:
    """One form: its fields in order, how a record is titled, shown and checked.

    ``archived`` fields were put away: nobody sees or writes them, their values are kept.
    """

    key: str
    label: Text
    fields: tuple[FieldDefinition, ...]
    description: Text | None = None
    icon: str | None = None
    title: str = ""
    person: Mapping[str, str] | None = None
    layout: tuple[LayoutItem, ...] = ()
    logic: tuple[LogicRule, ...] = ()
    checks: tuple[Check, ...] = ()
    workflow: Workflow | None = None
    views: tuple[Mapping[str, Any], ...] = ()
    archived: tuple[FieldDefinition, ...] = ()
    parent: str | None = None  # the form whose subform rows these are
    by_key: Mapping[str, FieldDefinition] = field(default_factory=dict, compare=False)

    def find(self, key: str) -> FieldDefinition | None:
        """The field with this key, or None."""
        return self.by_key.get(key)

    @cached_property
    def title_paths(self) -> tuple[str, ...]:
        """The field paths that the title shows."""
        return tuple(_TITLE_PART.findall(self.title))

    def subforms(self) -> Iterator[FormDefinition]:
        """The row forms of every subform and links field, keyed ``orders.items``."""
        for each in self.fields:
            if each.has_rows:
                yield row_form(self, each)

    def pointing(self, via: str, record_id: int) -> dict[str, Any]:
        """The condition of the records whose link (or one of whose links) ``via`` leads there."""
        field = self.find(via)
        op = "has" if field is not None and field.has_links else "is"
        return {"field": via, "op": op, "value": record_id}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> FormDefinition:
        """The form of a JSON object whose shape has been checked."""
        fields = tuple(FieldDefinition.from_json(child) for child in raw.get("fields", ()))
        return cls(
            key=raw["key"],
            label=raw.get("label") or raw["key"],
            description=raw.get("description"),
            icon=raw.get("icon"),
            fields=fields,
            title=raw.get("title") or _first_title(fields),
            person=raw.get("person"),
            layout=layout_of(raw.get("layout") or (), [each.key for each in fields]),
            logic=rules_from_json(raw.get("logic", ())),
            checks=tuple(
                Check(each["must"], each.get("message", ""), each.get("at"))
                for each in raw.get("checks", ())
            ),
            workflow=Workflow.from_json(raw["workflow"]) if raw.get("workflow") else None,
            views=tuple(raw.get("views", ())),
            archived=tuple(FieldDefinition.from_json(each) for each in raw.get("archived", ())),
            by_key={each.key: each for each in fields},
        )


def row_form(form: FormDefinition, subform: FieldDefinition) -> FormDefinition:
    """The rows of a subform, seen as a form of their own."""
    return FormDefinition(
        key=f"{form.key}.{subform.key}",
        label=subform.name,
        fields=subform.fields,
        archived=subform.archived,
        title=_first_title(subform.fields),
        parent=form.key,
        by_key={each.key: each for each in subform.fields},
    )


def _linked(
    type_name: str, common: Mapping[str, Any], settings: Mapping[str, Any]
) -> FieldDefinition:
    """The one column of the rows of several links or members."""
    label = common.get("label") or common["key"]
    if type_name == "members":
        return FieldDefinition(LINKED, "member", label)
    own = {name: settings[name] for name in ("to", "on_delete") if name in settings}
    return FieldDefinition(LINKED, "link", label, settings=own)


BETWEEN_LEVELS = " / "


def _whole_way(code: str, options: Mapping[str, Mapping[str, Any]]) -> Text:
    """``food.tea`` as ``Food / Tea``, in every language that any level has."""
    steps = code.split(".")
    labels = [
        (options.get(upper) or {}).get("label") or upper.rpartition(".")[2]
        for upper in (".".join(steps[: n + 1]) for n in range(len(steps)))
    ]
    spoken = {locale: None for each in labels if isinstance(each, Mapping) for locale in each}
    if not spoken:
        return BETWEEN_LEVELS.join(map(str, labels))
    return {
        locale: BETWEEN_LEVELS.join(pick(each, locale) for each in labels) for locale in spoken
    }


def _first_title(fields: tuple[FieldDefinition, ...]) -> str:
    for each in fields:
        if each.type in ("text", "serial", "phone", "email"):
            return f"{{{each.key}}}"
    return "{id}"
