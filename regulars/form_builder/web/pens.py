"""The values of one column of a list as markup: what is the same is drawn once."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from markupsafe import Markup

from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.web.values import Cell, show_value

_PLAIN_LINKS = ("email", "phone", "url")  # a link inside a link would lead nowhere


class Pen:
    """Draws one column. ``field`` is the field as it is shown, ``titles`` name linked records."""

    def __init__(
        self, title: str, field: FieldDefinition, titles: Mapping[tuple[str, int], str], *,
        is_first: bool, is_number: bool,
    ) -> None:  # fmt: skip
        self.title = title
        self.kind = "main" if is_first else "num" if is_number else ""
        self._field = field
        self._titles = titles
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
        cell = Cell(self._field, value, self._titles, self._field.name)
        if cell.is_empty:
            return ""
        if self.kind == "main" and cell.target:
            return ""
        if self.kind == "main" and self._field.type in _PLAIN_LINKS:
            return Markup("{}").format(value)
        return show_value(cell)
