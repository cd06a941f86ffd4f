"""The values of one column of a list as markup: what is the same is drawn once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from functools import cached_property
from typing import Any

from markupsafe import Markup

from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.field_types.file import FILE_TYPES, ids_of
from regulars.form_builder.masking import MaskedText
from regulars.form_builder.web.values import Cell, display_of, show_value
from regulars.platform.blobs.service import Blob

_PLAIN_LINKS = ("email", "phone", "url")  # a link inside a link would lead nowhere


class Pen:
    """Draws one column. ``field`` is the field as it is shown, ``titles`` name linked records."""

    def __init__(
        self, title: str, field: FieldDefinition, titles: Mapping[tuple[str, int], str], *,
        is_first: bool, is_number: bool, files: Mapping[int, Blob] | None = None,
    ) -> None:  # fmt: skip
        self.title = title
        self.kind = "main" if is_first else "num" if is_number else ""
        self._field = field
        self._titles = titles
        self._files = files or {}
        self._drawn: dict[Any, str] = {}

    def draw(self, value: Any) -> str:
        """The value as markup, "" where the column says nothing of its own."""
        if not isinstance(value, Hashable):
            return self._draw(value)
        name = (type(value), value)  # True is not 1 here
        known = self._drawn.get(name)
        if known is None:
            known = self._drawn[name] = self._draw(value)
        return known

    def _draw(self, value: Any) -> str:
        cell = Cell(
            self._field, value, self._titles, self._field.name, files=self._files_of(value)
        )
        if cell.is_empty:
            return ""
        if self.kind == "main" and (cell.target or self._field.type in FILE_TYPES):
            return ""
        if self.kind == "main" and self._field.type in _PLAIN_LINKS:
            return Markup("{}").format(value)
        return show_value(cell) if isinstance(value, MaskedText) else self._display(cell)

    @cached_property
    def _display(self) -> Callable[[Cell], Markup]:
        return display_of(self._field.type)

    def _files_of(self, value: Any) -> tuple[Blob, ...] | None:
        if self._field.type not in FILE_TYPES or isinstance(value, MaskedText):
            return None
        return tuple(self._files[n] for n in ids_of(value) if n in self._files)
