"""What may stand for a number in an address."""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import IntegerConverter


class NumberInAddress(IntegerConverter):
    """``<int:…>``: plain digits that fit a stored id; any other address does not exist."""

    regex = "[0-9]{1,18}"


def install(app: Flask) -> None:
    """Read numbers in addresses so; before any route is added."""
    app.url_map.converters["int"] = NumberInAddress
