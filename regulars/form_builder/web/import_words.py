"""What the import templates ask for by name: filters for words and options."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.field_types.base import family_of
from regulars.form_builder.importing import wording
from regulars.form_builder.web.import_choices import Place
from regulars.form_builder.web.importer import blueprint
from regulars.platform import i18n
from regulars.platform.web.preferences import current_locale
from regulars.platform.web.rendering import translate

Options = list[tuple[str, str]]


@blueprint.app_template_filter("step_words")
def step_words(steps: Sequence[str]) -> list[str]:
    """The names of the wizard's steps."""
    return [translate(f"importing.step.{step}") for step in steps]


@blueprint.app_template_filter("pairs")
def pairs(names: Iterable[str]) -> Options:
    """Names as the options of a select."""
    return [(name, name) for name in names]


@blueprint.app_template_filter("field_options")
def field_options(fields: Iterable[FieldDefinition]) -> Options:
    """Fields as the options of a select."""
    return [(each.key, i18n.pick(each.name, current_locale())) for each in fields]


@blueprint.app_template_filter("place_words")
def place_words(place: Place) -> str:
    """Where a column can go, in words: ``Customer (by Mobile)``."""
    name = i18n.pick(place.field.name, current_locale())
    if place.by is None:
        return f"{name} *" if place.field.required else name
    by = i18n.pick(place.by.name, current_locale())
    return translate("importing.place-by", field=name, by=by)


@blueprint.app_template_filter("asks_for")
def asks_for(place: Place) -> str:
    """Which questions a column that goes there is asked: of a date, a number, a link."""
    if place.by is not None:
        return "link"
    return "date" if place.field.type in ("date", "datetime") else family_of(place.field.type)


@blueprint.app_template_filter("encoding_options")
def encoding_options(encodings: Sequence[str], current: str) -> Options:
    """Encodings by the names people know; the one in use among them."""
    known = [*encodings, *([current] if current and current not in encodings else [])]
    named = {"utf-8", "gb18030", "big5", "utf-16", "cp1252"}
    return [
        (name, translate(f"importing.encoding.{name}") if name in named else name.upper())
        for name in known
    ]


@blueprint.app_template_filter("delimiter_options")
def delimiter_options(delimiters: Sequence[tuple[str, str]]) -> Options:
    """Delimiters by name."""
    return [(sign, translate(f"importing.delimiter.{name}")) for sign, name in delimiters]


@blueprint.app_template_filter("count_words")
def count_words(target: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(what, ``3 new``) of one form, without what there was none of."""
    return [
        (name, translate(f"importing.count.{name}", n=target[name]))
        for name in wording.COUNTS
        if target.get(name)
    ]


@blueprint.app_template_filter("undone_words")
def undone_words(undone: Mapping[str, int]) -> list[str]:
    """What became of the records of an import that was taken back."""
    return [
        translate(f"importing.undone.{name}", n=undone[name])
        for name in wording.OUTCOMES
        if undone.get(name)
    ]


@blueprint.app_template_filter("error_words")
def error_words(error: Mapping[str, Any]) -> str:
    """Why an import stopped."""
    return wording.error_words(error, current_locale())
