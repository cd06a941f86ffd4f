"""An entry page that answers while it is filled in: which places change, and to what.

A place (a slot) is a field that rules speak of, or one that works itself out. Each has a token
that says what it shows; the page sends its tokens back, and only what differs is drawn again.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from regulars.form_builder.catalog import FormCatalog, catalog_of
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.field_types.base import field_types
from regulars.form_builder.logic.actions import named_fields
from regulars.form_builder.logic.compiling import logic_of
from regulars.form_builder.logic.reads import own_reads
from regulars.form_builder.logic.trying import WORKED_OUT, Trial, Wish, look_ahead
from regulars.form_builder.web.entries import Entry, Slot
from regulars.form_builder.web.posted import Answers, answers_from_values
from regulars.form_builder.web.values import Cell, cell_of, show_value
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork

NOTHING: frozenset[str] = frozenset()


def slots_of(form: FormDefinition, whole: FormDefinition) -> frozenset[str]:
    """The fields of an entry form whose look depends on others; rules are those of ``whole``."""
    named = {key for rule in whole.logic for part in rule.then for _at, key in named_fields(part)}
    derived = {each.key for each in form.fields if is_worked_out(each)}
    return frozenset((named | derived) & set(form.by_key))


def is_worked_out(field: FieldDefinition) -> bool:
    """Whether a value follows from others while they are typed."""
    return field.type in WORKED_OUT and field.freeze is None


def read_fields(catalog: FormCatalog, form_key: str) -> frozenset[str]:
    """The fields whose change may change another one on the page; made once per form."""

    def found() -> frozenset[str]:
        logic = logic_of(catalog, form_key)
        reads = set(logic.watched) if logic is not None else set()
        for each in catalog.get_form(form_key).fields:
            tree, problems = catalog.shown_path(form_key, each.key)
            if is_worked_out(each) and not problems:
                reads |= own_reads(tree, catalog.shapes, form_key)
        rows = {plan.field: plan.rows.partition(".")[2] for plan in catalog.rollups
                if plan.form == form_key and plan.rows.startswith(f"{form_key}.")}  # fmt: skip
        return frozenset({rows.get(key, key) for key in reads})

    return catalog.kept(("read while typing", form_key), found)


@dataclass(frozen=True)
class Live:
    """One look at a record being filled in. ``moved`` as in `trying.Wish`."""

    form: FormDefinition
    catalog: FormCatalog
    trial: Trial
    slots: frozenset[str]
    moved: frozenset[str] | None
    zone: Any

    def answers(self, answers: Answers) -> Answers:
        """What stands in the inputs, with what rules have put in."""
        given = [self.form.by_key[key] for key in self._given()]
        values = {field.key: self.trial.record.values.get(field.key) for field in given}
        return {**answers, **answers_from_values(given, values, self.zone)}

    def field(self, field: FieldDefinition) -> FieldDefinition:
        """The field as it is asked now: required or not."""
        if field.key not in self.slots:
            return field
        return replace(field, required=self.trial.requires(field))

    def where(self, key: str) -> Mapping[str, Any] | None:
        """The condition of the records that a link offers."""
        narrowed = self.trial.options.get(key)
        found: Mapping[str, Any] | None = narrowed.where if narrowed is not None else None
        return found

    def shaped(self, entry: Entry) -> Entry:
        """The input as its slot shows it."""
        key = entry.field.key
        if key not in self.slots:
            return entry
        entry = replace(entry, left=self._left(key, entry.answer))
        mode = self._mode(entry.field)
        shown = self._cell(entry.field) if mode in ("fixed", "derived") else None
        token = self._token(key, mode, shown)
        slot = Slot(key, mode, token, key in self._given(), shown)
        where = self.where(key)
        url = f"{entry.pick_url}?{urlencode({'where': json.dumps(where)})}"
        return replace(entry, slot=slot, pick_url=entry.pick_url if where is None else url)

    def changed(self, tokens: Mapping[str, Any], answers: Answers) -> Iterator[str]:
        """The slots that look other than the page says, or hold what a rule has just put in."""
        after = self.answers(answers)
        for field in self.form.fields:
            key = field.key
            if key not in self.slots:
                continue
            mode = self._mode(field)
            shown = self._cell(field) if mode in ("fixed", "derived") else None
            put_in = key in self._given() and after.get(key) != answers.get(key)
            if put_in or tokens.get(key) != self._token(key, mode, shown):
                yield key

    def _given(self) -> frozenset[str]:
        return self.trial.given & frozenset(self.form.by_key)

    def _mode(self, field: FieldDefinition) -> str:
        if not self.trial.shows(field.key):
            return "hidden"
        if not field_types.get(field.type).writable:
            return "derived"
        return "fixed" if field.key in self.trial.effects.read_only else "input"

    def _left(self, key: str, answer: Any) -> frozenset[str] | None:
        """The options that are left; one that is stored already may stay until it is changed."""
        narrowed = self.trial.options.get(key)
        if narrowed is None or narrowed.values is None:
            return None
        held = answer if isinstance(answer, list) else [answer]
        return frozenset(narrowed.values) | frozenset(NOTHING if self.moved else map(str, held))

    def _cell(self, field: FieldDefinition) -> Cell:
        record = self.trial.record
        value = record.values.get(field.key)
        return cell_of(value, field, self.trial.form, self.catalog, record.titles)

    def _token(self, key: str, mode: str, shown: Cell | None) -> str:
        if mode == "hidden":
            return "h"
        if shown is not None:
            return f"{mode[0]}{zlib.crc32(show_value(shown).encode())}"
        narrowed = self.trial.options.get(key)
        offered = "" if narrowed is None else json.dumps([narrowed.values, narrowed.where])
        needed = int(self.trial.requires(self.form.by_key[key]))
        return f"i{needed}{zlib.crc32(offered.encode()) if offered else ''}"


def live_of(uow: UnitOfWork, access: Access, form: FormDefinition, wish: Wish) -> Live | None:
    """One look at what is being filled in; None for a form where nothing depends on anything."""
    catalog = catalog_of(uow)
    slots = slots_of(form, catalog.get_form(form.key))
    if not slots:
        return None
    trial = look_ahead(uow, access, form.key, wish)
    seen = catalog_for(uow, access)
    return Live(form, seen, trial, slots, wish.moved, uow.workspace.tz)
