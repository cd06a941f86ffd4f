"""What people choose when they match a file's columns with a form, and the map it makes.

The page shows one line per column; the choices travel between the posted form, this object and
the JSON of the map. A map that feeds several forms is more than the page can show.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from werkzeug.datastructures import MultiDict

from regulars.form_builder.definition import FieldDefinition, FormDefinition, row_form
from regulars.form_builder.field_types.base import family_of
from regulars.form_builder.importing.files import StoredFile
from regulars.form_builder.importing.mapping import ImportMap, Parse, Source, Target
from regulars.form_builder.importing.suggesting import importable, suggest_map
from regulars.platform.privacy.purposes import CHANNELS, MARKETING
from regulars.platform.problems import Problem

Forms = Mapping[str, FormDefinition]
WAYS = ("ymd", "dmy", "mdy", "excel", "epoch", "epoch_ms")
SIGNS = ("keep", "negate", "absolute")


@dataclass(frozen=True)
class Place:
    """Somewhere a column can go: ``name``, ``customer@mobile``, ``items/product@sku``."""

    value: str
    field: FieldDefinition
    by: FieldDefinition | None = None
    rows: FieldDefinition | None = None


@dataclass(frozen=True)
class ColumnChoice:
    """One column of the file, what it seems to hold, and where it goes."""

    name: str
    samples: Sequence[str] = ()
    kind: str = ""
    unsure: bool = False
    place: str = ""
    way: str = "ymd"
    guessed: str = "ymd"  # the way it seems to be written
    decimal: str = "."
    sign: str = "keep"
    create: bool = False


@dataclass(frozen=True)
class ConsentChoice:
    """For one channel: the column that says yes, and the column or the words that prove it."""

    channel: str
    given: str = ""
    evidence: str = ""
    words: str = ""


@dataclass(frozen=True)
class Choices:
    """Everything chosen on the page."""

    columns: tuple[ColumnChoice, ...]
    key: str = ""
    group_by: str = ""
    mode: str = "upsert"
    empty_cells: str = "keep"
    automation: str = "none"
    consents: tuple[ConsentChoice, ...] = ()
    file: Mapping[str, Any] = field(default_factory=dict)
    day_order: str = ""  # which way round day and month are, where that cannot be told


def places_of(form: FormDefinition, forms: Forms) -> list[Place]:
    """Where columns can go, in the owner's order: the record's fields, then its rows'."""
    found = list(_places(importable(form), forms, None))
    for subform in (each for each in form.fields if each.type == "subform"):
        found += _places(importable(row_form(form, subform)), forms, subform)
    return found


def _places(
    fields: Sequence[FieldDefinition], forms: Forms, rows: FieldDefinition | None
) -> Iterator[Place]:
    front = f"{rows.key}/" if rows is not None else ""
    for each in fields:
        if each.type not in ("link", "links"):
            yield Place(f"{front}{each.key}", each, None, rows)
            continue
        target = forms.get(str(each.settings["to"]))
        for key in (one for one in target.fields if one.unique) if target else ():
            yield Place(f"{front}{each.key}@{key.key}", each, key, rows)


def suggested(form: FormDefinition, forms: Forms, file: StoredFile) -> Choices:
    """What to begin with: columns called like fields."""
    guesses = {str(guess["column"]): guess for guess in file.guesses}
    raw = suggest_map(form, forms, file.columns, guesses)
    return replace(from_map(ImportMap.from_json(raw), file), day_order="")


def blank(file: StoredFile) -> Choices:
    """The columns of a file with nothing chosen but how they seem to be written."""
    columns = []
    for guess in file.guesses:
        way = str(guess["way"])
        columns.append(
            ColumnChoice(
                name=str(guess["column"]),
                samples=list(guess["samples"]),
                kind=str(guess["kind"]),
                unsure=bool(guess["unsure"]),
                way=way if way in WAYS else "ymd",
                guessed=way if way in WAYS else "ymd",
                decimal="," if way == "," else ".",
            )
        )
    consents = tuple(ConsentChoice(channel) for channel in CHANNELS)
    return Choices(tuple(columns), consents=consents, file=file.shape.as_json())


def fits_page(wanted: ImportMap, form: FormDefinition) -> bool:
    """Whether the page can show a map: one form, no conditions, columns only."""
    if len(wanted.targets) != 1 or wanted.targets[0].form != form.key:
        return False
    target = wanted.targets[0]
    sources = [*target.fields.values(), *(target.rows.fields.values() if target.rows else ())]
    return (
        target.where is None
        and (target.rows is None or target.rows.where is None)
        and len(target.group_by) < 2
        and all(_fits(source) for source in sources)
        and all(each.purpose == MARKETING and each.at is None for each in target.consent)
    )


def _fits(source: Source) -> bool:
    plain = source.column is not None and not source.values and not source.zone
    return plain and source.parse.way in ("", *WAYS)


def from_map(wanted: ImportMap, file: StoredFile) -> Choices:
    """The choices that a map stands for; only for a map that fits the page."""
    target = wanted.targets[0]
    chosen = blank(file)
    placed = dict(_placed(target))
    columns = tuple(
        _with_source(column, *placed[column.name]) if column.name in placed else column
        for column in chosen.columns
    )
    orders = [each.way for each in columns if each.unsure and each.name in placed]
    given = {each.channel: each for each in target.consent}
    consents = tuple(
        ConsentChoice(
            each.channel,
            given[each.channel].given.column or "",
            given[each.channel].evidence.column or "",
            given[each.channel].evidence.constant or "",
        )
        if each.channel in given
        else each
        for each in chosen.consents
    )
    return replace(
        chosen,
        columns=columns,
        key=target.key or "",
        group_by=target.group_by[0] if target.group_by else "",
        mode=target.mode,
        empty_cells=wanted.empty_cells,
        automation=wanted.automation,
        consents=consents,
        day_order=orders[0] if orders else "",
    )


def _placed(target: Target) -> Iterator[tuple[str, tuple[str, Source]]]:
    """(column, (place, source)) of everything a map reads."""
    for key, source in target.fields.items():
        if source.column is not None:
            yield source.column, (_place_value("", key, source), source)
    if target.rows is not None:
        for key, source in target.rows.fields.items():
            if source.column is not None:
                yield source.column, (_place_value(f"{target.rows.field}/", key, source), source)


def _place_value(front: str, key: str, source: Source) -> str:
    return f"{front}{key}@{source.by}" if source.by else f"{front}{key}"


def _with_source(column: ColumnChoice, place: str, source: Source) -> ColumnChoice:
    parse = source.parse
    return replace(
        column,
        place=place,
        way=parse.way or column.way,
        decimal=parse.decimal if parse != Parse() else column.decimal,
        sign=parse.sign,
        create=source.create,
    )


def from_post(posted: MultiDict[str, str], file: StoredFile) -> Choices:
    """The choices as posted; what is not offered is left out and complained about later."""
    chosen = blank(file)
    columns = tuple(
        replace(
            column,
            place=posted.get(f"to-{at}", ""),
            way=posted.get(f"way-{at}", column.way),
            decimal=posted.get(f"decimal-{at}", column.decimal),
            sign=posted.get(f"sign-{at}", "keep"),
            create=f"create-{at}" in posted,
        )
        for at, column in enumerate(chosen.columns)
    )
    consents = tuple(
        ConsentChoice(
            each.channel,
            posted.get(f"given-{each.channel}", ""),
            posted.get(f"evidence-{each.channel}", ""),
            posted.get(f"words-{each.channel}", "").strip(),
        )
        for each in chosen.consents
    )
    return replace(
        chosen,
        columns=columns,
        key=posted.get("key", ""),
        group_by=posted.get("group_by", ""),
        mode=posted.get("mode", "upsert"),
        empty_cells=posted.get("empty_cells", "keep"),
        automation=posted.get("automation", "none"),
        consents=consents,
    )


def to_map(
    chosen: Choices, form: FormDefinition, forms: Forms
) -> tuple[dict[str, Any], list[Problem]]:
    """The JSON of the map, and what is wrong with the choices (paths are input names)."""
    known = {place.value: place for place in places_of(form, forms)}
    problems: list[Problem] = []
    target: dict[str, Any] = {"form": form.key, "fields": {}}
    taken: dict[str, str] = {}
    for at, column in enumerate(chosen.columns):
        place = known.get(column.place)
        if place is None:
            continue
        bare = column.place.partition("@")[0]
        if bare in taken:
            shown = {"field": place.field.name, "column": taken[bare]}
            problems.append(Problem(f"to-{at}", "import-field-twice", shown))
            continue
        taken[bare] = column.name
        into = target["fields"]
        if place.rows is not None:
            into = target.setdefault("rows", {"field": place.rows.key, "fields": {}})["fields"]
            if target["rows"]["field"] != place.rows.key:
                shown = {"field": place.rows.name}
                problems.append(Problem(f"to-{at}", "import-one-subform", shown))
                continue
        into[place.field.key] = _source(column, place)
    if not target["fields"]:
        problems.append(Problem("", "import-nothing-chosen"))
    _add_options(target, chosen)
    raw = {
        "file": _reading(chosen.file),
        "automation": chosen.automation,
        "empty_cells": chosen.empty_cells,
        "targets": [target],
    }
    return raw, problems


def _add_options(target: dict[str, Any], chosen: Choices) -> None:
    if chosen.key:
        target["key"] = chosen.key
        target["mode"] = chosen.mode
    if chosen.group_by and "rows" in target:
        target["group_by"] = chosen.group_by
    consents = [_consent(each) for each in chosen.consents if each.given]
    if consents:
        target["consent"] = consents


def _source(column: ColumnChoice, place: Place) -> dict[str, Any]:
    source: dict[str, Any] = {"column": column.name}
    if place.field.type in ("date", "datetime") and column.way != "ymd":
        source["parse"] = column.way
    if family_of(place.field.type) == "number":
        parse = {"decimal": column.decimal, "sign": column.sign}
        usual = {"decimal": ".", "sign": "keep"}
        if parse != usual:
            source["parse"] = {k: v for k, v in parse.items() if v != usual[k]}
    if place.by is not None:
        source["by"] = place.by.key
        if column.create:
            source["create"] = True
    return source


def _consent(chosen: ConsentChoice) -> dict[str, Any]:
    proof = {"column": chosen.evidence} if chosen.evidence else {"constant": chosen.words}
    return {
        "purpose": MARKETING,
        "channel": chosen.channel,
        "given": {"column": chosen.given},
        "evidence": proof,
    }


def _reading(shape: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: shape[name] for name in ("encoding", "delimiter", "sheet") if shape.get(name)}
    skip = {"skip": shape["skip"]} if shape.get("skip") else {}
    return {**kept, "heading": bool(shape.get("heading", True)), **skip}


def at_inputs(problems: Sequence[Problem], chosen: Choices) -> list[Problem]:
    """Problems of the map, with the page's inputs as their paths."""
    inputs = {
        column.place.partition("@")[0]: f"to-{at}"
        for at, column in enumerate(chosen.columns)
        if column.place
    }
    return [replace(each, path=_input_of(each.path, inputs)) for each in problems]


def _input_of(path: str, inputs: Mapping[str, str]) -> str:
    parts = path.removeprefix("targets/0/").split("/")
    if parts[0] == "fields" and len(parts) > 1:
        return inputs.get(parts[1], "")
    if parts[:2] == ["rows", "fields"] and len(parts) > 2:
        return next((name for place, name in inputs.items() if place.endswith(f"/{parts[2]}")), "")
    return parts[0] if parts[0] in ("key", "group_by", "mode") else ""
