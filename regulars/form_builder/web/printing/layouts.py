"""The published print layouts that somebody may use, and where a record is printed with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask import url_for

from regulars.form_builder.printing.definition import PrintLayout
from regulars.form_builder.printing.kind import KIND
from regulars.form_builder.web.record_links import RecordLink
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import seeing
from regulars.platform.definitions.snapshot import snapshot

EDIT = "design_forms"


def get_layout(uow: UnitOfWork, key: str) -> PrintLayout:
    """A published layout; NotFound otherwise. What a reader may not see is not filled in."""
    layout: PrintLayout = snapshot(uow).get(KIND, key)
    return layout


def layouts_of(uow: UnitOfWork, form_key: str) -> list[PrintLayout]:
    """The published layouts of a form, in the order of their keys."""
    found = (each.parsed for each in snapshot(uow).items.values() if each.kind == KIND)
    mine = [layout for layout in found if layout.form == form_key]
    return sorted(mine, key=lambda layout: layout.key)


def print_links(
    uow: UnitOfWork, access: Access, form_key: str, record_id: int
) -> Iterator[RecordLink]:
    """A line for each layout of a record's form; who designs forms may add the first one."""
    for layout in layouts_of(uow, form_key):
        url = url_for("prints.show", key=layout.key, record=record_id)
        yield RecordLink(url, "printing.print-with", "printer", layout.label)
    if access.can(EDIT):
        url = url_for("prints.index", form=form_key)
        yield RecordLink(url, "printing.layouts", "receipt-text")


def print_many_links(
    uow: UnitOfWork, access: Access, form_key: str, arguments: Mapping[str, str]
) -> Iterator[RecordLink]:
    """The same for what a list shows."""
    for layout in layouts_of(uow, form_key):
        values: dict[str, Any] = dict(arguments)
        url = url_for("prints.show_list", key=layout.key, **values)
        yield RecordLink(url, "printing.print-with", "printer", layout.label)
    if access.can(EDIT):
        url = url_for("prints.index", form=form_key)
        yield RecordLink(url, "printing.layouts", "receipt-text")


def may_edit(uow: UnitOfWork, access: Access, key: str) -> bool:
    """Whether the reader may read all of a layout and change it."""
    return access.can(EDIT) and seeing.may_see(uow, access, KIND, key)
