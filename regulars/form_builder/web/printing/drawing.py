"""Sheets as a PDF.

The typesetter is taken in when somebody first prints: a resting installation does not pay for it,
and one that lacks its libraries still shows and prints sheets in the browser. Nothing is fetched:
pictures are part of the document.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

from flask import render_template
from PIL import ImageFile

from regulars.form_builder.printing.definition import ROLLS
from regulars.form_builder.web.printing.filling import Sheet
from regulars.platform.errors import Conflict

_MM = 96 / 25.4  # CSS pixels in a millimetre
_LONGEST = 3000  # mm of roll that one sheet may take before it is cut
_END = "sheet-end"


class NoTypesetter(Conflict):
    """The libraries that set a PDF are not on this machine."""

    code = "no-typesetter"


def pdf_of(sheets: Sequence[Sheet]) -> bytes:
    """All sheets as one PDF; NoTypesetter where this machine cannot make one."""
    setter = typesetter()
    if setter is None:
        raise NoTypesetter()
    if sheets and sheets[0].paper in ROLLS:
        parts = [_on_a_roll(setter, sheet) for sheet in sheets]
        pages = [page for part in parts for page in part.pages]
        return bytes(parts[0].copy(pages).write_pdf())
    return bytes(_set(setter, sheets).write_pdf())


@cache
def typesetter() -> Any:
    """The module that sets pages, or None: it needs libraries that not every machine has.

    It makes the whole process accept pictures that break off; those who hand in pictures are told.
    """
    strict = ImageFile.LOAD_TRUNCATED_IMAGES
    try:
        return importlib.import_module("weasyprint")
    except (ImportError, OSError):
        return None
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = strict


def _on_a_roll(setter: Any, sheet: Sheet) -> Any:
    """One sheet as long as what stands on it."""
    width = ROLLS[sheet.paper]
    tall = _set(setter, [sheet], f"@page {sheet.paper} {{ size: {width}mm {_LONGEST}mm }}")
    ends = [page.anchors[_END][1] for page in tall.pages if _END in page.anchors]
    height = round((ends[0] if ends else _LONGEST * _MM) / _MM) + 4
    return _set(setter, [sheet], f"@page {sheet.paper} {{ size: {width}mm {height}mm }}")


def pdf_of_page(html: str, style: str = "") -> bytes:
    """A document of our own as a PDF; NoTypesetter where this machine cannot make one.

    ``style`` is its style sheet, where it is no sheet like those of print layouts.
    """
    setter = typesetter()
    if setter is None:
        raise NoTypesetter()
    return bytes(_typeset(setter, html, style or _style()).write_pdf())


def _set(setter: Any, sheets: Sequence[Sheet], more: str = "") -> Any:
    html = render_template("printing/document.html", sheets=sheets, end=_END)
    return _typeset(setter, html, _style(), more)


def _typeset(setter: Any, html: str, *given: str) -> Any:
    fetcher = setter.urls.URLFetcher(allowed_protocols=["data"])
    styles = [setter.CSS(string=each, url_fetcher=fetcher) for each in given if each]
    return setter.HTML(string=html, url_fetcher=fetcher).render(stylesheets=styles)


@cache
def _style() -> str:
    return (resources.files("regulars") / "static/css/sheets.css").read_text("utf-8")
