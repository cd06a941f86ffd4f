"""Forms ready made, to begin with: ``gallery.json`` beside this module. Pure.

Each can be published as it is; none points at another form.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

Raw = Mapping[str, Any]


@cache
def gallery() -> Mapping[str, Raw]:
    """Every ready-made form by its key, in the order in which they are offered."""
    source = resources.files(__package__) / "gallery.json"
    return {raw["key"]: raw for raw in json.loads(source.read_text("utf-8"))}


def ready_made(name: str) -> dict[str, Any] | None:
    """A form of the gallery, to be changed at will; None when there is none of that name."""
    found = gallery().get(name)
    return None if found is None else copy.deepcopy(dict(found))
