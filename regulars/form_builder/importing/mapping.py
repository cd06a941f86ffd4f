"""An import map as frozen objects: which columns become which fields of which forms. Pure.

One file may feed several forms. A map is what the import page saves, the command line takes
(``--map``) and the API takes; its shape stands in ``import_map.schema.json``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from regulars.platform.json_schema import packaged, shape_problems, validator
from regulars.platform.problems import Problem

Mode = Literal["insert", "update", "upsert"]
Where = Mapping[str, Any]


@dataclass(frozen=True)
class Parse:
    """``way`` is for dates (see `moments`), ``decimal`` and ``sign`` for numbers."""

    way: str = ""
    decimal: str = "."
    sign: str = "keep"

    @classmethod
    def from_json(cls, raw: Any) -> Parse:
        """``"dmy"``, ``"negate"`` or an object with ``as``, ``decimal``, ``sign``."""
        if isinstance(raw, str):
            if raw in ("negate", "absolute"):
                return cls(sign=raw)
            return cls() if raw in ("text", "number") else cls(way=raw)
        raw = raw or {}
        way = raw.get("as", "")
        return cls(
            way="" if way in ("text", "number") else way,
            decimal=raw.get("decimal", "."),
            sign=raw.get("sign", "keep"),
        )


@dataclass(frozen=True)
class Source:
    """Where one value comes from: a column, or the same ``constant`` for every line.

    ``values`` translates cells before they are read. For a link, ``by`` is the unique field of the
    other form that the cell holds, and ``create`` makes the record when there is none.
    """

    column: str | None = None
    constant: str | None = None
    parse: Parse = Parse()
    zone: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    by: str | None = None
    create: bool = False

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Source:
        """The source of a JSON object whose shape has been checked."""
        return cls(
            column=raw.get("column"),
            constant=raw.get("constant"),
            parse=Parse.from_json(raw.get("parse")),
            zone=raw.get("zone"),
            values=dict(raw.get("values", {})),
            by=raw.get("by"),
            create=bool(raw.get("create", False)),
        )


@dataclass(frozen=True)
class Rows:
    """The subform that a group's lines fill."""

    field: str
    fields: Mapping[str, Source]
    where: Where | None = None


@dataclass(frozen=True)
class ConsentSource:
    """Whether a person agreed, and the evidence without which nothing counts."""

    purpose: str
    channel: str
    given: Source
    evidence: Source
    at: Source | None = None
    source: str = "import"
    text_version: str | None = None


@dataclass(frozen=True)
class Target:
    """One form that the file feeds.

    Lines that meet ``where`` make records; lines alike in ``group_by`` (or in the column of
    ``key``) make one. ``stub`` marks a target that only makes what a link of another target lacks.
    """

    form: str
    fields: Mapping[str, Source]
    where: Where | None = None
    group_by: tuple[str, ...] = ()
    key: str | None = None
    mode: Mode = "insert"
    rows: Rows | None = None
    consent: tuple[ConsentSource, ...] = ()
    stub: bool = False

    @property
    def all_sources(self) -> Iterator[tuple[str, Source]]:
        """Every source with its place in the target's JSON."""
        for key, source in self.fields.items():
            yield f"fields/{key}", source
        for key, source in (self.rows.fields if self.rows else {}).items():
            yield f"rows/fields/{key}", source
        for position, each in enumerate(self.consent):
            yield f"consent/{position}/given", each.given
            yield f"consent/{position}/evidence", each.evidence
            if each.at is not None:
                yield f"consent/{position}/at", each.at

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Target:
        """The target of a JSON object whose shape has been checked."""
        group_by = raw.get("group_by", ())
        rows = raw.get("rows")
        return cls(
            form=raw["form"],
            fields=_sources(raw["fields"]),
            where=raw.get("where"),
            group_by=(group_by,) if isinstance(group_by, str) else tuple(group_by),
            key=raw.get("key"),
            mode=raw.get("mode") or ("upsert" if raw.get("key") else "insert"),
            rows=_rows(rows) if rows else None,
            consent=tuple(_consent(each) for each in raw.get("consent", ())),
        )


@dataclass(frozen=True)
class ImportMap:
    """A whole map. With ``automation`` none (the default) the import starts no rule.

    An empty cell leaves a stored value alone (``keep``) or empties it (``clear``).
    """

    targets: tuple[Target, ...]
    file: Mapping[str, Any] = field(default_factory=dict)
    automation: str = "none"
    empty_cells: str = "keep"

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> ImportMap:
        """The map of a JSON object whose shape has been checked."""
        return cls(
            targets=tuple(Target.from_json(each) for each in raw["targets"]),
            file=dict(raw.get("file", {})),
            automation=raw.get("automation", "none"),
            empty_cells=raw.get("empty_cells", "keep"),
        )


def map_problems(raw: Any) -> list[Problem]:
    """Every way a map's JSON departs from its schema."""
    return shape_problems(_validator(), raw)


@cache
def map_schema() -> dict[str, Any]:
    """The JSON Schema of a map."""
    return packaged("regulars.form_builder.importing", "import_map.schema.json")


@cache
def _validator() -> Any:
    return validator(map_schema())


def _sources(raw: Mapping[str, Any]) -> dict[str, Source]:
    return {key: Source.from_json(each) for key, each in raw.items()}


def _rows(raw: Mapping[str, Any]) -> Rows:
    return Rows(raw["field"], _sources(raw["fields"]), raw.get("where"))


def _consent(raw: Mapping[str, Any]) -> ConsentSource:
    return ConsentSource(
        purpose=raw["purpose"],
        channel=raw["channel"],
        given=Source.from_json(raw["given"]),
        evidence=Source.from_json(raw["evidence"]),
        at=Source.from_json(raw["at"]) if "at" in raw else None,
        source=raw.get("source", "import"),
        text_version=raw.get("text_version"),
    )
