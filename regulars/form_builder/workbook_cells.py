"""Cells of workbooks that are texts, whatever they look like. Pure."""

from __future__ import annotations

from typing import Any

from openpyxl.cell import WriteOnlyCell


def text_cell(sheet: Any, text: str) -> Any:
    """A cell of a write-only sheet that no spreadsheet takes for a formula, number or date."""
    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"
    return cell
