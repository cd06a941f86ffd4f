"""Help for whoever writes a formula: mistakes with their place, its words, and a live value.

The value is computed on a stored record within the reader's reach; a formula that touches a field
they may not read, or one that is not published yet, has none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from regulars.form_builder import edits, expressing, querying
from regulars.form_builder.catalog import FormCatalog, catalog_from
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.kind import sound
from regulars.form_builder.titles import titles_of
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.definitions.snapshot import Published, snapshot
from regulars.platform.expressions.complete import Suggestion, complete
from regulars.platform.expressions.explain import Speaker, explain_value
from regulars.platform.expressions.types import Kind, ValueType
from regulars.platform.expressions.workbench import Workpiece, call_at, examine
from regulars.platform.formats import Formats


@dataclass(frozen=True)
class Wish:
    """What somebody has typed. ``form`` may be that of a subform's rows (``orders.items``).

    ``position`` is the cursor; ``record`` whose value is wanted, None for the newest; ``own_key``
    the field whose formula this is; ``volatile`` where random codes are welcome.
    """

    form: str
    text: str
    position: int | None = None
    record: int | None = None
    expect: ValueType | None = None
    own_key: str = ""
    volatile: bool = False


@dataclass(frozen=True)
class Example:
    """What a formula gives for one record."""

    record: int
    title: str
    value: Any
    shown: str


@dataclass(frozen=True)
class Look:
    """Everything an editor shows beside a formula."""

    piece: Workpiece
    words: str = ""
    example: Example | None = None
    suggestions: tuple[Suggestion, ...] = ()
    call: str = ""  # the function the cursor is in

    @property
    def type(self) -> ValueType | None:
        """What the formula gives."""
        return None if self.piece.tree is None else self.piece.tree.type


def drafted_catalog(uow: UnitOfWork, form_key: str) -> FormCatalog:
    """The published forms with the draft of one of them in its place."""
    draft = store.get_draft(uow, "form", form_key)
    parsed = FormDefinition.from_json(edits.spread(draft.raw))
    fresh = Published("form", form_key, 0, draft.raw, parsed)
    return catalog_from(sound(snapshot(uow).overlaid([fresh])))


def look_at(uow: UnitOfWork, access: Access, catalog: FormCatalog, wish: Wish) -> Look:
    """What can be said about a formula over the forms of ``catalog``."""
    suggestions: list[Suggestion] = []
    call = ""
    if wish.position is not None:
        asked = (wish.text, wish.position, catalog.shapes, wish.form, access.locale)
        suggestions, call = complete(*asked), call_at(wish.text, wish.position)
    piece = examine(
        wish.text, catalog.shapes, wish.form, expect=wish.expect, volatile=wish.volatile,
        own_key=wish.own_key,
    )  # fmt: skip
    piece = _seen(piece, catalog)
    if piece.tree is None:
        return Look(piece, suggestions=tuple(suggestions), call=call)
    formats = _formats(uow, access)
    words = explain_value(piece.tree, catalog.shapes, formats)
    example = _example(uow, access, wish, Speaker(catalog.shapes, formats))
    return Look(piece, words, example, tuple(suggestions), call)


def _seen(piece: Workpiece, catalog: FormCatalog) -> Workpiece:
    """The formula, unless it uses what its reader is only shown masked."""
    refused = [] if piece.tree is None else catalog.refusals(piece.tree)
    return piece.refused(refused) if refused else piece


def _formats(uow: UnitOfWork, access: Access) -> Formats:
    shop = uow.workspace
    return Formats(access.locale, shop.zone, shop.currency, uow.now)


def _example(uow: UnitOfWork, access: Access, wish: Wish, speaker: Speaker) -> Example | None:
    """The value on one record, over what is published."""
    catalog = catalog_for(uow, access)
    if wish.form not in catalog.shapes.forms or "." in wish.form:
        return None
    piece = examine(wish.text, catalog.shapes, wish.form, expect=wish.expect)
    tree = _seen(piece, catalog).tree
    if tree is None or tree.type is None or tree.type.kind in (Kind.TAGS, Kind.ROWS):
        return None
    table = catalog.tables[wish.form].main
    value = expressing.value_sql(uow, catalog, tree, table, access)
    where = querying.scope_conditions(uow, access, catalog, wish.form, table, "read")
    if wish.record is not None:
        where.append(table.c.id == wish.record)
    query = sa.select(table.c.id, value).where(*where).order_by(table.c.id.desc()).limit(1)
    found = uow.execute(query).first()
    if found is None:
        return None
    titles = titles_of(uow, access, catalog, {wish.form: {found[0]}})
    title = titles.get((wish.form, found[0]), str(found[0]))
    return Example(found[0], title, found[1], speaker.actual(tree, found[1]))
