"""A map held against a workspace: its problems, the order of its targets, its links.

A target that others link to comes before them. A link that may create gets a small target of its
own (a *stub*) that makes what is missing, so that creating is the same work as any other import.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from zoneinfo import available_timezones

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_types.base import field_types
from regulars.form_builder.importing.line_conditions import where_columns, where_problems
from regulars.form_builder.importing.mapping import ImportMap, Parse, Source, Target, Where
from regulars.form_builder.importing.moments import NUMBERED, ORDERS
from regulars.platform.accounts.access import Access
from regulars.platform.privacy.purposes import CHANNELS, is_purpose
from regulars.platform.problems import Problem, under

LINKING = ("link", "links")


@dataclass(frozen=True)
class Planned:
    """One target; ``link_keys``: by which field ``customer``, ``items/product`` are looked up."""

    target: Target
    form: FormDefinition
    link_keys: Mapping[str, str] = field(default_factory=dict)
    place: str = ""  # where the target stands in the map: ``targets/2``; "" for a stub

    @property
    def rows_form(self) -> FormDefinition | None:
        """The form of the rows that the target's lines fill."""
        rows = self.target.rows
        if rows is None:
            return None
        return next(each for each in self.form.subforms() if each.key.endswith(f".{rows.field}"))


def plan(wanted: ImportMap, catalog: FormCatalog) -> list[Planned]:
    """The targets in the order they are written, stubs included. The map has no problems."""
    planned = []
    for position, target in enumerate(wanted.targets):
        form = catalog.get_form(target.form)
        keys = {
            place: key
            for place, each, source in _mapped_fields(form, target)
            if (key := link_key(catalog, wanted, each, source)) is not None
        }
        planned.append(Planned(target, form, keys, f"targets/{position}"))
    return _ordered([*_stubs(planned, catalog), *planned])


def plan_problems(
    wanted: ImportMap, catalog: FormCatalog, columns: Sequence[str], access: Access
) -> list[Problem]:
    """Every problem of a map against the forms, the columns and the permissions."""
    found: list[Problem] = []
    for position, target in enumerate(wanted.targets):
        problems = list(_target_problems(wanted, target, catalog, columns, access))
        found += under(f"targets/{position}", problems)
    return found


def link_key(
    catalog: FormCatalog, wanted: ImportMap, field: FieldDefinition, source: Source
) -> str | None:
    """The unique field by which a link's cells are looked up; None for anything but a link.

    What the map says wins; else the key with which the map feeds that form; else its only unique
    field.
    """
    if field.type not in LINKING:
        return None
    if source.by:
        return source.by
    to = str(field.settings["to"])
    fed = [target.key for target in wanted.targets if target.form == to and target.key]
    if fed:
        return fed[0]
    form = catalog.forms.get(to)
    unique = [each.key for each in form.fields if each.unique] if form else []
    return unique[0] if len(unique) == 1 else None


def _mapped_fields(
    form: FormDefinition, target: Target
) -> Iterator[tuple[str, FieldDefinition, Source]]:
    """(place, field, source) of the target's own fields and of its rows' fields."""
    for key, source in target.fields.items():
        if key in form.by_key:
            yield key, form.by_key[key], source
    if target.rows is None or target.rows.field not in form.by_key:
        return
    inner = {each.key: each for each in form.by_key[target.rows.field].fields}
    for key, source in target.rows.fields.items():
        if key in inner:
            yield f"{target.rows.field}/{key}", inner[key], source


def _stubs(planned: Sequence[Planned], catalog: FormCatalog) -> Iterator[Planned]:
    for each in planned:
        for place, linking, source in _mapped_fields(each.form, each.target):
            if not source.create or place not in each.link_keys:
                continue
            key = each.link_keys[place]
            form = catalog.get_form(str(linking.settings["to"]))
            own = replace(source, by=None, create=False, parse=Parse())
            rows = each.target.rows
            conditions = [each.target.where]
            if rows is not None and place.startswith(f"{rows.field}/"):
                conditions.append(rows.where)
            where = _all_of(conditions, own.column)
            stub = Target(form.key, {key: own}, where, key=key, mode="upsert", stub=True)
            yield Planned(stub, form)


def _all_of(conditions: Sequence[Where | None], column: str | None) -> Where:
    given = [each for each in conditions if each is not None]
    filled = {"column": column, "op": "is_not_empty"}
    return {"all": [*given, filled]}


def _ordered(planned: Sequence[Planned]) -> list[Planned]:
    """Each target after those that feed the forms it links to; otherwise as given."""
    waiting, done = list(planned), []
    while waiting:
        ready = next((each for each in waiting if not _waits_for(each, waiting)), waiting[0])
        waiting.remove(ready)
        done.append(ready)
    return done


def _waits_for(each: Planned, others: Sequence[Planned]) -> bool:
    linked = {
        str(field.settings["to"])
        for place, field, _source in _mapped_fields(each.form, each.target)
        if place in each.link_keys
    }
    linked.discard(each.form.key)
    return any(other is not each and other.form.key in linked for other in others)


def _target_problems(
    wanted: ImportMap, target: Target, catalog: FormCatalog, columns: Sequence[str], access: Access
) -> Iterator[Problem]:
    form = catalog.forms.get(target.form)
    if form is None:
        yield Problem("form", "unpublished-form", {"form": target.form})
        return
    verbs = {"insert": ["create"], "update": ["update"]}.get(target.mode, ["create", "update"])
    for verb in verbs:
        if access.scope(form.key, verb) == "none":
            yield Problem("form", "import-not-allowed", {"form": form.label})
    yield from where_problems(target.where, columns)
    yield from _key_problems(target, form, columns)
    yield from _field_problems(target, form)
    for place, source in target.all_sources:
        yield from under(place, list(_source_problems(source, columns)))
    for place, each, source in _mapped_fields(form, target):
        spot = _json_place(target, place)
        yield from under(spot, list(_reading_problems(wanted, catalog, each, source)))
    yield from _consent_problems(target, form)


def _json_place(target: Target, place: str) -> str:
    if target.rows is not None and place.startswith(f"{target.rows.field}/"):
        return f"rows/fields/{place.partition('/')[2]}"
    return f"fields/{place}"


def _key_problems(
    target: Target, form: FormDefinition, columns: Sequence[str]
) -> Iterator[Problem]:
    for column in target.group_by:
        if column not in columns:
            yield _unknown_column("group_by", column, columns)
    if target.key is None:
        if target.mode != "insert":
            yield Problem("key", "import-needs-key")
        return
    found = form.find(target.key)
    if found is None:
        yield Problem("key", "unknown-field", {"field": target.key})
    elif not found.unique:
        yield Problem("key", "key-not-unique", {"field": found.name})
    elif target.key not in target.fields or target.fields[target.key].column is None:
        yield Problem("key", "key-not-mapped", {"field": found.name})


def _field_problems(target: Target, form: FormDefinition) -> Iterator[Problem]:
    for key in target.fields:
        yield from _writable(form, key, f"fields/{key}")
    if target.rows is None:
        return
    rows = form.find(target.rows.field)
    if rows is None or rows.type != "subform":
        yield Problem("rows/field", "not-a-subform", {"field": target.rows.field})
        return
    inner = next(each for each in form.subforms() if each.key == f"{form.key}.{rows.key}")
    for key in target.rows.fields:
        yield from _writable(inner, key, f"rows/fields/{key}")


def _writable(form: FormDefinition, key: str, path: str) -> Iterator[Problem]:
    found = form.find(key)
    if found is None:
        yield Problem(path, "unknown-field", {"field": key})
    elif found.type == "subform" or not field_types.get(found.type).writable:
        yield Problem(path, "field-not-importable", {"field": found.name})


def _source_problems(source: Source, columns: Sequence[str]) -> Iterator[Problem]:
    if source.column is not None and source.column not in columns:
        yield _unknown_column("column", source.column, columns)
    if source.zone is not None and source.zone not in available_timezones():
        yield Problem("zone", "unknown-zone", {"value": source.zone})
    way = source.parse.way
    if way and way not in ORDERS and way not in NUMBERED and "%" not in way:
        yield Problem("parse", "unknown-way", {"value": way, "allowed": [*ORDERS, *NUMBERED]})


def _reading_problems(
    wanted: ImportMap, catalog: FormCatalog, field: FieldDefinition, source: Source
) -> Iterator[Problem]:
    if source.parse.way and field.type not in ("date", "datetime"):
        yield Problem("parse", "way-is-for-dates", {"field": field.name})
    if field.type not in LINKING or (field.has_links and source.create):
        if source.by or source.create:
            yield Problem("by" if source.by else "create", "not-a-link", {"field": field.name})
        return
    form = catalog.forms.get(str(field.settings["to"]))
    key = link_key(catalog, wanted, field, source)
    if form is None or key is None:
        yield Problem("by", "link-key-needed", {"field": field.name})
        return
    found = form.find(key)
    if found is None:
        yield Problem("by", "unknown-field", {"field": key})
    elif not found.unique and found.type != "serial":
        yield Problem("by", "key-not-unique", {"field": found.name})
    elif source.create and found.type == "serial":
        yield Problem("create", "field-not-importable", {"field": found.name})


def _consent_problems(target: Target, form: FormDefinition) -> Iterator[Problem]:
    for position, each in enumerate(target.consent):
        place = f"consent/{position}"
        if form.person is None:
            yield Problem(place, "consent-needs-person", {"form": form.label})
        if not is_purpose(each.purpose):
            yield Problem(f"{place}/purpose", "bad-purpose", {"value": each.purpose})
        if each.channel not in CHANNELS:
            shown = {"value": each.channel, "allowed": list(CHANNELS)}
            yield Problem(f"{place}/channel", "unknown-channel", shown)


def _unknown_column(path: str, column: str, columns: Sequence[str]) -> Problem:
    return Problem(path, "column-not-in-file", {"column": column, "columns": list(columns)[:30]})


def mapped_columns(target: Target) -> set[str]:
    """Every column a target reads."""
    found = {source.column for _place, source in target.all_sources if source.column}
    found.update(target.group_by)
    found.update(where_columns(target.where))
    if target.rows is not None:
        found.update(where_columns(target.rows.where))
    return found
