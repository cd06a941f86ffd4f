"""A pack of two small forms, to be bent by the tests."""

import json
from copy import deepcopy
from typing import Any

from regulars.seed_templates.pack import Pack, parse_pack
from regulars.seed_templates.pack_files import PackFiles

GUESTS: dict[str, Any] = {
    "kind": "form",
    "schema": 1,
    "key": "guests",
    "label": {"en": "Guests", "zh-Hans": "客人"},
    "title": "{name}",
    "person": {"name": "name"},
    "fields": [
        {"key": "name", "type": "text", "required": True},
        {"key": "stays", "type": "related", "from": "stays", "via": "guest"},
        {"key": "stay_count", "type": "rollup", "of": "stays", "aggregate": "count"},
    ],
}
STAYS: dict[str, Any] = {
    "kind": "form",
    "schema": 1,
    "key": "stays",
    "label": {"en": "Stays", "zh-Hans": "入住"},
    "fields": [
        {"key": "code", "type": "text"},
        {"key": "guest", "type": "link", "to": "guests"},
    ],
}
MANIFEST: dict[str, Any] = {
    "key": "small_inn",
    "schema": 1,
    "version": "1.0.0",
    "platform": ">=0.1,<1",
    "label": {"en": "Inn", "zh-Hans": "客栈"},
    "contents": {"forms": ["guests", "stays"]},
}


def small_files(**changes: Any) -> dict[str, Any]:
    """The pack's files by name; a change names a file, `None` takes it away."""
    files: dict[str, Any] = {
        "pack.json": deepcopy(MANIFEST),
        "forms/guests.json": deepcopy(GUESTS),
        "forms/stays.json": deepcopy(STAYS),
    }
    for name, body in changes.items():
        files[name] = body
    return {name: body for name, body in files.items() if body is not None}


def as_bytes(files: dict[str, Any]) -> dict[str, bytes]:
    """What stands in each file; bytes and texts are taken as they are."""
    written = {}
    for name, body in files.items():
        if isinstance(body, bytes):
            written[name] = body
        else:
            text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
            written[name] = text.encode()
    return written


def pack_of(files: dict[str, Any]) -> Pack:
    """The pack these files make."""
    return parse_pack(PackFiles(as_bytes(files)))


def small_pack(version: str = "1.0.0", **changes: Any) -> Pack:
    """The small pack in a version of its own."""
    files = small_files(**changes)
    files["pack.json"]["version"] = version
    return pack_of(files)
