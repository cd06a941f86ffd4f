"""What a new field and a new form begin with, in the words of whoever makes them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.field_types.rollup import ROLLED_UP
from regulars.form_builder.outlines import options_of_outline
from regulars.platform import i18n

Json = dict[str, Any]
Forms = Mapping[str, FormDefinition]

PARTS = ("person", "unit", "owner", "date", "amount", "tags", "note")
"""What a new form may begin with, ready made; offered as switches."""


def start_field(type_name: str, raw: Mapping[str, Any], forms: Forms, locale: str) -> Json:
    """A field of a type as it is dropped on the canvas: its settings are a first guess."""
    made: Json = {"type": type_name, "label": i18n.translate(f"forms.type.{type_name}", locale)}
    guess = _GUESSES.get(type_name)
    return made if guess is None else {**made, **guess(raw, forms, locale)}


def start_form(key: str, label: Any, parts: Iterable[str], locale: str) -> Json:
    """A new form with a name and the chosen ready-made parts."""
    chosen = [part for part in PARTS if part in set(parts)]
    fields = [_named("name", "text", locale, required=True)]
    for part in chosen:
        fields += _PART_FIELDS[part](locale)
    form: Json = {"kind": "form", "schema": 1, "key": key, "label": label, "fields": fields}
    form["title"] = "{name}"
    if "person" in chosen:
        form["icon"] = "users"
        form["person"] = {key: key for key in ("name", "mobile", "email", "birthday")}
    keys = [field["key"] for field in fields]
    form["layout"] = [{"columns": 2, "fields": keys}]
    return form


def first_options(locale: str) -> list[Json]:
    """Three options to overwrite."""
    colors = ("blue", "green", "orange")
    return [
        {
            "value": f"option_{n}",
            "label": i18n.translate("forms.option-n", locale, number=n),
            "color": color,
        }
        for n, color in enumerate(colors, start=1)
    ]


def _named(key: str, type_name: str, locale: str, **settings: Any) -> Json:
    label = i18n.translate(f"forms.part.{key}", locale)
    return {"key": key, "type": type_name, "label": label, **settings}


_PART_FIELDS: Mapping[str, Callable[[str], list[Json]]] = {
    "person": lambda locale: [
        _named("mobile", "phone", locale, unique=True),
        _named("email", "email", locale),
        _named("birthday", "date", locale),
    ],
    "unit": lambda locale: [_named("store", "unit", locale)],
    "owner": lambda locale: [_named("responsible", "member", locale)],
    "date": lambda locale: [_named("day", "date", locale, default={"formula": "TODAY()"})],
    "amount": lambda locale: [_named("amount", "money", locale)],
    "tags": lambda locale: [_named("tags", "tags", locale)],
    "note": lambda locale: [_named("note", "long_text", locale)],
}


def _choice(raw: Mapping[str, Any], forms: Forms, locale: str) -> Json:
    return {"options": first_options(locale)}


def _cascade(raw: Mapping[str, Any], forms: Forms, locale: str) -> Json:
    outline = i18n.translate("forms.outline-sample", locale)
    return {"options": options_of_outline(outline, (), locale)}


def _link(raw: Mapping[str, Any], forms: Forms, locale: str) -> Json:
    return {"to": next((key for key in forms if key != raw["key"]), raw["key"])}


def _related(raw: Mapping[str, Any], forms: Forms, locale: str) -> Json:
    """The first form that links here is what people mean."""
    for form in forms.values():
        for field in form.fields:
            if field.type in ("link", "links") and field.settings.get("to") == raw["key"]:
                return {"from": form.key, "via": field.key, "label": i18n.pick(form.label, locale)}
    other = next((key for key in forms if key != raw["key"]), raw["key"])
    return {"from": other, "via": "link"}


def _rollup(raw: Mapping[str, Any], forms: Forms, locale: str) -> Json:
    for field in raw.get("fields", ()):
        if field["type"] in ROLLED_UP:
            return {"of": field["key"], "aggregate": "count"}
    return {"of": "items", "aggregate": "count"}


def _lookup(raw: Mapping[str, Any], forms: Forms, locale: str) -> Json:
    for field in raw.get("fields", ()):
        target = forms.get(str(field.get("to", ""))) if field["type"] == "link" else None
        if target is not None and target.fields:
            return {"path": f"{field['key']}.{target.fields[0].key}"}
    return {"path": "id"}


def _subform(raw: Mapping[str, Any], forms: Forms, locale: str) -> Json:
    columns = [
        _named("item", "text", locale),
        _named("quantity", "number", locale),
        _named("price", "money", locale),
    ]
    return {"fields": columns}


_GUESSES: Mapping[str, Callable[[Mapping[str, Any], Forms, str], Json]] = {
    "choice": _choice,
    "choices": _choice,
    "cascade": _cascade,
    "link": _link,
    "links": _link,
    "related": _related,
    "rollup": _rollup,
    "lookup": _lookup,
    "subform": _subform,
    "formula": lambda raw, forms, locale: {"formula": "TODAY()", "result": "date"},
    "serial": lambda raw, forms, locale: {"pattern": "{YYYY}{MM}-{0000}", "reset": "month"},
}
