"""The packs that come with the product, and how a pack is named: by key, folder or zip."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from regulars.platform.errors import NotFound
from regulars.seed_templates.pack import Pack, open_pack

RETAIL = "retail_crm"


@cache
def shipped_packs() -> dict[str, Pack]:
    """Every pack that comes with the product, by key."""
    home = Path(str(resources.files("regulars.seed_templates")))
    packs = [open_pack(found.parent) for found in sorted(home.glob("*/pack.json"))]
    return {pack.key: pack for pack in packs}


def get_pack(key: str) -> Pack:
    """A pack that comes with the product; NotFound otherwise."""
    found = shipped_packs().get(key)
    if found is None:
        raise NotFound("no-pack", key=key[:60])
    return found


def shelf_goals() -> list[Mapping[str, Any]]:
    """What the shipped packs bring people to achieve, installed or not."""
    return [each.raw for pack in shipped_packs().values() for each in pack.of_kind("goal")]


def find_pack(named: str) -> Pack:
    """A pack by its key, or by the path of a folder or zip."""
    found = shipped_packs().get(named)
    return found or open_pack(Path(named))
