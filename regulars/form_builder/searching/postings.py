"""The bitmaps of one indexed field: read, joined, changed. Whoever changes holds the field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from pyroaring import BitMap
from sqlalchemy.dialects import postgresql, sqlite

from regulars.form_builder.linking import chunks
from regulars.form_builder.searching.grams import grams_of
from regulars.form_builder.searching.marking import FOLDED
from regulars.form_builder.searching.sounds import KIND, SOUND, sound_grams
from regulars.form_builder.searching.tables import BLOCK, search_field, search_gram
from regulars.platform.db import UnitOfWork

Bitmaps = dict[str, BitMap]
Texts = Iterable[tuple[int, str | None]]
_HOW_MANY = 500  # rows in one statement


@dataclass(frozen=True)
class Indexed:
    """A text field that is indexed, or its sounds; every record up to the id ``upto`` is in."""

    id: int
    place: str
    field: str
    kind: str
    upto: int

    @property
    def column(self) -> str:
        """The column with its texts."""
        return f"{self.field.removesuffix(SOUND)}{FOLDED}"

    def pieces(self, text: str | None) -> set[str]:
        """What a text is found by."""
        return sound_grams(text) if self.kind == KIND else grams_of(text)


def indexed_in(uow: UnitOfWork, place: str | None = None) -> list[Indexed]:
    """The indexed fields of a form's table, or of all."""
    statement = sa.select(search_field).order_by(search_field.c.id)
    if place is not None:
        statement = statement.where(search_field.c.place == place)
    return [Indexed(*row) for row in uow.execute(statement)]


def hold(uow: UnitOfWork, each: Indexed) -> bool:
    """Keep others from changing this field's bitmaps; False when it is not as it was known."""
    here = search_field.c.id == each.id, search_field.c.upto == each.upto
    return uow.scalar(sa.select(search_field.c.id).where(*here).with_for_update()) is not None


def block_of(record: int) -> int:
    """The block that a record's id lies in."""
    return record // BLOCK


def bitmaps_of(each: Indexed, texts: Texts) -> Bitmaps:
    """The bitmaps that these records of one block make in a field."""
    found: dict[str, list[int]] = {}
    for record, text in texts:
        place = record % BLOCK
        for gram in each.pieces(text):
            found.setdefault(gram, []).append(place)
    return {gram: BitMap(places) for gram, places in found.items()}


def load(
    uow: UnitOfWork, field: int, block: int, grams: Iterable[str] | None = None
) -> Iterator[tuple[str, BitMap]]:
    """The stored bitmaps of one block: all of them, or those of some grams."""
    wanted = sa.select(search_gram.c.gram, search_gram.c.records)
    wanted = wanted.where(search_gram.c.field == field, search_gram.c.block == block)
    if grams is None:
        for gram, stored in uow.execute(wanted):
            yield gram, BitMap.deserialize(stored)
        return
    for some in chunks(sorted(grams), _HOW_MANY):
        for gram, stored in uow.execute(wanted.where(search_gram.c.gram.in_(some))):
            yield gram, BitMap.deserialize(stored)


def save(uow: UnitOfWork, field: int, block: int, fresh: Mapping[str, BitMap]) -> None:
    """Put these bitmaps in the place of what was there; an empty one goes."""
    gone = [gram for gram, records in fresh.items() if not records]
    here = search_gram.c.field == field, search_gram.c.block == block
    for some in chunks(gone, _HOW_MANY):
        uow.execute(search_gram.delete().where(*here, search_gram.c.gram.in_(some)))
    rows = [
        {"field": field, "gram": gram, "block": block, "records": _written(records)}
        for gram, records in fresh.items()
        if records
    ]
    if not rows:
        return
    if uow.dialect == "postgresql":
        new = postgresql.insert(search_gram)
        keys = [column.name for column in search_gram.primary_key]
        statement: sa.Executable = new.on_conflict_do_update(
            index_elements=keys, set_={"records": new.excluded.records}
        )
    else:
        other = sqlite.insert(search_gram)
        statement = other.on_conflict_do_update(
            index_elements=["field", "gram", "block"], set_={"records": other.excluded.records}
        )
    uow.connection.execute(statement, rows)


def refill(uow: UnitOfWork, each: Indexed, block: int, going: BitMap, texts: Texts) -> None:
    """Take some records of a block out and put them in again with the texts they have now."""
    fresh = bitmaps_of(each, texts)
    changed: Bitmaps = {}
    for gram, records in load(uow, each.id, block):
        wanted = (records - going) | fresh.pop(gram, BitMap())
        if wanted != records:
            changed[gram] = wanted
    save(uow, each.id, block, {**changed, **fresh})


def drop(uow: UnitOfWork, fields: Iterable[int]) -> None:
    """Forget these fields whole."""
    for field in fields:
        uow.execute(search_gram.delete().where(search_gram.c.field == field))
        uow.execute(search_field.delete().where(search_field.c.id == field))


def _written(records: BitMap) -> bytes:
    records.run_optimize()
    written: bytes = records.serialize()
    return written
