"""The layout editor's form as it is posted, as a layout's JSON. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from regulars.form_builder.edits import reworded
from regulars.form_builder.printing.composing import MOST_BLOCKS
from regulars.form_builder.printing.definition import BLOCKS, PAPERS

Json = dict[str, Any]
Posted = MultiDict[str, str]

_CHOICES = ("width", "align", "size", "as")
WAS = "~was"
"""A mark of the page: where the block stands in the stored layout, for its other languages."""
_USUAL = {"width": "full", "align": "left", "size": "normal"}
"""What is not worth a word in the layout: it is so without being said."""


def layout_from(posted: Posted, base: Mapping[str, Any], locale: str) -> Json:
    """The layout that the page shows; texts of other languages stay as in ``base``."""
    known = base.get("blocks", [])
    blocks = [
        _block(posted, n, known, locale)
        for n in range(MOST_BLOCKS)
        if posted.get(f"b{n}.block") in BLOCKS
    ]
    paper = posted.get("paper", "")
    label = reworded(base.get("label"), posted.get("label", "").strip()[:200], locale)
    return {
        "kind": "print", "schema": 1, "key": base.get("key", ""), "label": label,
        "form": base.get("form", ""), "paper": paper if paper in PAPERS else "a4",
        "blocks": blocks,
    }  # fmt: skip


def _block(posted: Posted, n: int, known: list[Any], locale: str) -> Json:
    name = f"b{n}."
    was = posted.get(f"{name}was", "")
    made: Json = {"block": posted[f"{name}block"]}
    if was.isdecimal() and int(was) < len(known):
        made[WAS] = int(was)
    for part in _CHOICES:
        value = posted.get(name + part, "")
        if value and _USUAL.get(part) != value:
            made[part] = value
    if made["block"] in ("text", "code"):
        words = _words(posted, name, known[made[WAS]] if WAS in made else {}, locale)
        made |= {"text": words} if words else {}
    made |= {part: posted[name + part] for part in ("rows", "field") if posted.get(name + part)}
    return made | _settings(posted, name) | _values(posted, name, made)


def _settings(posted: Posted, name: str) -> Json:
    made: Json = {"bold": True} if posted.get(f"{name}bold") else {}
    for part in ("columns", "height"):
        if posted.get(name + part, "").isdecimal():
            made[part] = int(posted[name + part])
    for part in ("labels", "empty"):
        if posted.get(f"{name}{part}~here") and not posted.get(name + part):
            made[part] = False
    return made


def _values(posted: Posted, name: str, made: Json) -> Json:
    """The values or columns in their order, the one just chosen at the end."""
    if made["block"] not in ("fields", "table"):
        return {}
    moved = posted.get(f"{name}rows", "") != posted.get(f"{name}rows~was", "")
    more = posted.get(f"{name}more", "")
    given = [] if moved else posted.getlist(f"{name}fields")
    fields = list(dict.fromkeys([*given, *([more] if more and not moved else [])]))
    total = [each for each in posted.getlist(f"{name}total") if each in fields]
    return {"fields": fields} | ({"total": total} if total else {})


def _words(posted: Posted, name: str, known: Mapping[str, Any], locale: str) -> Any:
    text = posted.get(f"{name}text", "").replace("\r\n", "\n").strip()[:2000]
    return reworded(known.get("text"), text, locale)


def marked(raw: Mapping[str, Any]) -> Json:
    """A stored layout for the page: each block knows its place there."""
    return {**raw, "blocks": [{**each, WAS: n} for n, each in enumerate(raw["blocks"])]}


def bare(raw: Mapping[str, Any]) -> Json:
    """The layout without the page's own marks."""
    blocks = [{k: v for k, v in each.items() if k != WAS} for each in raw["blocks"]]
    return {**raw, "blocks": blocks}
