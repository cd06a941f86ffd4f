"""A print layout as frozen objects, parsed once from its JSON. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from regulars.platform.i18n import LOCALES, Text, pick

PAPERS: tuple[str, ...] = (
    "a4", "a4_wide", "a5", "receipt_80", "receipt_58", "label_40x30", "label_60x40",
    "label_70x50", "label_100x150", "card",
)  # fmt: skip
"""As people choose them; their sizes stand in ``css/sheets.css`` as named pages."""
ROLLS: Mapping[str, int] = {"receipt_58": 58, "receipt_80": 80}
"""Paper without an end → its width in mm. A sheet is as long as what stands on it."""
BLOCKS = ("text", "fields", "table", "code", "picture", "line", "space")
ALWAYS = ("today", "now")
"""What a text may name on any form: the day and the moment of printing."""
_PART = re.compile(r"\{([a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*)\}")


@dataclass(frozen=True)
class Block:
    """One piece of a sheet, from top to bottom; those of ``width`` half or third stand abreast.

    ``text``: words with ``{field}`` in them (text, code); ``fields``: the paths of values or of
    the columns of ``rows``; ``total``: columns that are added up; ``height`` in mm.
    """

    kind: str
    width: str = "full"
    align: str = "left"
    text: Text = ""
    size: str = "normal"
    bold: bool = False
    fields: tuple[str, ...] = ()
    columns: int = 1
    labels: bool = True
    empty: bool = True
    rows: str = ""
    total: tuple[str, ...] = ()
    drawn_as: str = "qr"
    field: str = ""
    height: int = 0

    @property
    def paths(self) -> Iterator[str]:
        """The paths of the record itself whose values the block shows."""
        if self.kind == "fields":
            yield from self.fields
        if self.field:
            yield self.field
        yield from dict.fromkeys(path for locale in LOCALES for path in named(self.text, locale))

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Block:
        """The block of a JSON object whose shape has been checked."""
        plain = {k: v for k, v in raw.items() if k not in ("block", "as", "fields", "total")}
        made = cls(raw["block"], **plain)
        return replace(
            made,
            fields=tuple(raw.get("fields", ())),
            total=tuple(raw.get("total", ())),
            drawn_as=raw.get("as", "qr"),
        )


@dataclass(frozen=True)
class PrintLayout:
    """How records of ``form`` are printed: on which paper, and the blocks in their order."""

    key: str
    label: Text
    form: str
    paper: str
    blocks: tuple[Block, ...]

    @property
    def paths(self) -> list[str]:
        """Every path of the record itself whose value is printed, each once."""
        return list(dict.fromkeys(path for block in self.blocks for path in block.paths))

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> PrintLayout:
        """The layout of a JSON object whose shape has been checked."""
        blocks = tuple(map(Block.from_json, raw["blocks"]))
        return cls(raw["key"], raw["label"], raw["form"], raw["paper"], blocks)


def named(text: Text, locale: str) -> list[str]:
    """The paths that a text names in one language."""
    return _PART.findall(pick(text, locale))


def filled(text: Text, locale: str, values: Mapping[str, str]) -> str:
    """The text with its values; what is not there leaves no trace."""
    return _PART.sub(lambda match: values.get(match.group(1), ""), pick(text, locale)).strip()
