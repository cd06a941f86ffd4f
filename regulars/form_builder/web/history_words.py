"""A record's history in plain words: who changed what from what to what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import LINKED, FieldDefinition, FormDefinition
from regulars.form_builder.field_types.base import BadValue, Reading, field_types
from regulars.form_builder.history import Entry
from regulars.form_builder.putting_back import fields_to_put_back, values_before
from regulars.form_builder.titles import titles_of
from regulars.form_builder.web.record_links import place_of, place_url
from regulars.form_builder.web.values import cell_of, target_of, text_of
from regulars.platform import i18n
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.i18n import Text
from regulars.platform.web.rendering import formats, translate

_ICONS = {
    "created": "plus",
    "updated": "pencil",
    "deleted": "trash-2",
    "restored": "archive-restore",
    "merged": "merge",
}
_TONES = {
    "created": "green",
    "updated": "blue",
    "deleted": "red",
    "restored": "teal",
    "merged": "purple",
}


@dataclass(frozen=True)
class ChangeWords:
    """One changed field: its name and its values as people read them ("" for none).

    ``key`` names the field where its reader may put the old value back, else it is "".
    """

    field: Text
    before: str
    after: str
    key: str = ""


@dataclass(frozen=True)
class EntryWords:
    """One line of history."""

    at: datetime
    action: str
    who: str
    origin: str
    changes: list[ChangeWords]
    source_url: str | None = None  # of what made it, such as a run
    id: int = 0

    @property
    def icon(self) -> str:
        """The drawing of what was done."""
        return _ICONS.get(self.action, "circle-dot")

    @property
    def tone(self) -> str:
        """The colour of what was done."""
        return _TONES.get(self.action, "gray")


def history_words(
    uow: UnitOfWork, access: Access, catalog: FormCatalog, form: FormDefinition,
    entries: Iterable[Entry],
) -> list[EntryWords]:  # fmt: skip
    """History lines in words; linked records are looked up all together."""
    known = list(entries)
    titles = titles_of(uow, access, catalog, _linked(form, known))
    reading = Reading(uow.workspace.tz, uow.workspace.currency, uow.now)
    speaker = _Speaker(form, catalog, titles, reading)
    fields = fields_to_put_back(uow, access, form.key)
    back = {entry.id: set(dict(values_before(fields, entry))) for entry in known}
    return [
        EntryWords(
            entry.at,
            entry.action,
            entry.actor_name,
            entry.origin,
            list(speaker.changes(entry, back[entry.id])),
            place_url(access, place_of(entry.ref)),
            entry.id,
        )
        for entry in known
    ]


@dataclass(frozen=True)
class _Speaker:
    form: FormDefinition
    catalog: FormCatalog
    titles: Mapping[tuple[str, int], str]
    reading: Reading

    def changes(self, entry: Entry, back: set[str]) -> Iterator[ChangeWords]:
        for key, pair in entry.changes.items():
            field = self.form.find(key)
            if field is None:
                continue
            before, after = self.words(field, pair[0]), self.words(field, pair[1])
            if entry.action == "created" and not after:
                continue
            yield ChangeWords(field.name, before, after, key if key in back else "")

    def words(self, field: FieldDefinition, raw: Any) -> str:
        if field.has_links and isinstance(raw, list):
            return formats().joined(self._titles(field, raw))
        if field.has_rows:
            n = raw.get("rows", 0) if isinstance(raw, Mapping) else len(raw or ())
            if field.has_links and not n:
                return ""
            return translate("records.n-rows", n=n)
        if self.catalog.mask_of(self.form.key, field.key):
            return str(raw or "")
        plain = self._plain(field, raw)
        yes_no = (translate("records.yes"), translate("records.no"))
        cell = cell_of(plain, field, self.form, self.catalog, self.titles)
        return text_of(cell, formats(), yes_no)

    def _titles(self, field: FieldDefinition, rows: Sequence[Any]) -> list[str]:
        linked = [row.get(LINKED) for row in rows if isinstance(row, Mapping)]
        known = [each for each in linked if isinstance(each, int)]
        return [self.titles.get((str(field.settings["to"]), i), f"#{i}") for i in known]

    def _plain(self, field: FieldDefinition, raw: Any) -> Any:
        """What the history keeps as JSON, as a plain value; as it is when it no longer fits."""
        kind = field_types.get(field.type)
        if not kind.writable:
            return raw
        if field.has_side and isinstance(raw, list):
            return frozenset(str(tag) for tag in raw)
        try:
            return kind.convert(field, raw, self.reading)
        except BadValue:
            return i18n.spoken(raw, formats().locale)


def _linked(form: FormDefinition, entries: Iterable[Entry]) -> dict[str, set[int]]:
    wanted: dict[str, set[int]] = {}
    for entry in entries:
        for key, pair in entry.changes.items():
            field = form.find(key)
            if field is not None and field.has_links:
                rows = [row for side in pair if isinstance(side, list) for row in side]
                found = wanted.setdefault(str(field.settings["to"]), set())
                found.update(i for row in rows if isinstance(i := row.get(LINKED), int))
                continue
            target = target_of(field) if field is not None else ""
            if target:
                found = wanted.setdefault(target, set())
                found.update(
                    value["id"] if isinstance(value, Mapping) else value
                    for value in pair
                    if isinstance(value, int)
                    or (isinstance(value, Mapping) and isinstance(value.get("id"), int))
                )
    return wanted
