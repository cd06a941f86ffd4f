"""What may stand for the number of something stored, in an address and in what is sent along."""

from __future__ import annotations

import re
from collections.abc import Iterable

from flask import Flask
from werkzeug.routing import IntegerConverter

DIGITS = "[0-9]{1,18}"


class NumberInAddress(IntegerConverter):
    """``<int:…>``: plain digits that fit a stored id; any other address does not exist."""

    regex = DIGITS


def install(app: Flask) -> None:
    """Read numbers in addresses so; before any route is added."""
    app.url_map.converters["int"] = NumberInAddress


def stored_id(text: str) -> int:
    """For ``args.get(name, type=stored_id)``; ValueError for what cannot be anything's number."""
    if not re.fullmatch(DIGITS, text):
        raise ValueError(text)
    return int(text)


def stored_ids(texts: Iterable[str]) -> list[int]:
    """The numbers among what was sent."""
    return [int(text) for text in texts if re.fullmatch(DIGITS, text)]
