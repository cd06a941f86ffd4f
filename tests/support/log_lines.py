"""What the product logs, as it is written: for tests of what must not be there."""

import io
import logging
from collections.abc import Iterator

import pytest

from regulars.platform import logs


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Every line of every level from here on."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.JsonLines())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel("DEBUG")
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)
