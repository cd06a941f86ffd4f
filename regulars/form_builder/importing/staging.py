"""A file's lines sorted into the records they make, before anything is written. Pure.

A record's lines need not stand together. With ``group_by`` the first filled cell of a group counts
for the record itself, with a key alone the last one; every line of a group adds a row to the
subform, exact duplicates too. The order of records is the order of their first lines, so that the
same file and map always give the same records in the same order: that is what resuming relies on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_types.base import Reading, TextLike, field_types, fold
from regulars.form_builder.importing.cells import (
    Broken,
    CellReader,
    cell_reader,
    instant_reader,
    text_reader,
)
from regulars.form_builder.importing.csv_files import Line
from regulars.form_builder.importing.line_conditions import compile_where
from regulars.form_builder.importing.mapping import ConsentSource, Source, Target
from regulars.form_builder.importing.planning import Planned

Values = tuple[Any, ...]
Add = Callable[[int, Sequence[str]], None]


@dataclass(frozen=True)
class LineFault:
    """Why a line makes nothing, before any field is looked at."""

    line: int
    code: str
    params: Mapping[str, Any]


@dataclass
class Group:
    """What makes one record; a row is its line's number and its values.

    ``lines`` are all of them where the lines are rows, else only the first.
    """

    lines: list[int]
    head: Values
    rows: list[tuple[int, Values]] = field(default_factory=list)
    has_row_line: bool = False  # a line met the rows' condition, perhaps with empty cells
    fault: tuple[str, Mapping[str, Any]] | None = None  # the whole record is refused
    consents: list[Values] = field(default_factory=list)
    blame: dict[str, int] = field(default_factory=dict)  # field → the line with its broken cell


@dataclass
class Staged:
    """Everything one target will write, in order. ``head_keys`` name the values of each head."""

    planned: Planned
    head_keys: tuple[str, ...]
    row_keys: tuple[str, ...]
    groups: list[Group] = field(default_factory=list)
    faults: list[LineFault] = field(default_factory=list)
    dropped: int = 0  # records of which no line met the rows' condition
    has_broken: bool = False  # some cell of some record may not be readable


@dataclass(frozen=True)
class _Part:
    """Sources read in one go: positions of columns, one reader each; constants stand apart."""

    keys: tuple[str, ...]
    cells: tuple[tuple[CellReader, int], ...]
    constants: Values

    def read(self, cells: Sequence[str]) -> Values:
        values = tuple([reader[cells[at]] for reader, at in self.cells])
        return values + self.constants if self.constants else values


class Stage:
    """One target while lines are coming in."""

    def __init__(self, planned: Planned, columns: Sequence[str], reading: Reading) -> None:
        self._columns = list(columns)
        target = planned.target
        self._head = self._part(planned, planned.form, target.fields, "", reading)
        rows, inner = target.rows, planned.rows_form
        self._rows = None
        if rows is not None and inner is not None:
            self._rows = self._part(planned, inner, rows.fields, f"{rows.field}/", reading)
            self._takes_row = compile_where(rows.where, columns)
        self._takes = compile_where(target.where, columns)
        self._identity = self._identifier(planned.form, target)
        self._key_at = self._head.keys.index(target.key) if target.key else None
        self._is_key = self._key_at if self._key_is_identity(planned.form, target) else None
        self._consents = [self._consent(each, reading) for each in target.consent]
        self._first_counts = bool(target.group_by)
        self._known: dict[Any, Group] = {}
        self._spoiled: dict[Any, tuple[int, str, Mapping[str, Any]]] = {}
        self.staged = Staged(planned, self._head.keys, self._rows.keys if self._rows else ())

    def adder(self) -> Add:
        """The function that takes one sound line; its names are local, it runs for every line."""
        takes, read_head, find = self._takes, self._head.read, self._find
        identity, known, key_at = self._identity, self._known, self._is_key
        consents, take_row = self._consents, self._row_adder() if self._rows is not None else None

        def add(line: int, cells: Sequence[str]) -> None:
            if not takes(cells):
                return
            head = read_head(cells)
            if identity is None:
                group = self._fresh(line, head)
            else:
                name = head[key_at] if key_at is not None else identity(cells)
                found = known.get(name) if name is not None else None
                if found is None:
                    found = find(name, line, head)
                    if found is None:
                        return
                elif found.head != head:
                    self._merge(found, head, line)
                group = found
            if take_row is not None:
                take_row(group, line, cells)
            if consents:
                group.consents.append(tuple([read(cells) for read in consents]))

        return add

    def _row_adder(self) -> Callable[[Group, int, Sequence[str]], None]:
        assert self._rows is not None
        takes, read, nothing = self._takes_row, self._rows.read, (None,) * len(self._rows.keys)

        def add(group: Group, line: int, cells: Sequence[str]) -> None:
            if group.lines[-1] != line:
                group.lines.append(line)
            if takes(cells):
                group.has_row_line = True
                row = read(cells)
                if row != nothing:
                    group.rows.append((line, row))

        return add

    def _find(self, name: Any, line: int, head: Values) -> Group | None:
        """The new group of this name; None when there is no name, and the line is refused."""
        if name is None or isinstance(name, Broken):
            broken = name or Broken("import-key-empty", ())
            self.staged.faults.append(LineFault(line, broken.code, dict(broken.params)))
            return None
        group = self._known[name] = self._fresh(line, head)
        return group

    def spoil(self, line: int, cells: Sequence[str], code: str, params: Mapping[str, Any]) -> None:
        """A line with the wrong number of cells: the record it belongs to is refused with it."""
        if self._identity is None or self._rows is None:
            return
        padded = [*cells, *[""] * (len(self._columns) - len(cells))]
        name = self._identity(padded)
        if name is not None and not isinstance(name, Broken):
            self._spoiled[name] = (line, code, params)

    def finish(self) -> Staged:
        """The records in order, without those that have no line for a row."""
        staged = self.staged
        for name, (line, code, params) in self._spoiled.items():
            group = self._known.get(name)
            if group is not None:
                group.lines.append(line)
                group.fault = ("broken-with-its-line", {"line": line, "why": code, **params})
        if self._rows is not None:
            kept = [group for group in staged.groups if group.has_row_line or group.fault]
            staged.dropped = len(staged.groups) - len(kept)
            staged.groups = kept
        if self._key_at is not None and staged.planned.target.group_by:
            self._check_keys(self._key_at)
        self._known.clear()
        readers = [*self._head.cells, *(self._rows.cells if self._rows else ())]
        staged.has_broken = any(reader.broke for reader, _at in readers)
        return staged

    def _fresh(self, line: int, head: Values) -> Group:
        group = Group([line], head)
        self.staged.groups.append(group)
        return group

    def _merge(self, group: Group, head: Values, line: int) -> None:
        """The first or the last filled cell counts; a broken one is never passed over."""
        first, second = (group.head, head) if self._first_counts else (head, group.head)
        merged = [b if a is None else a for a, b in zip(first, second, strict=True)]
        for at, (key, before, now) in enumerate(
            zip(self._head.keys, group.head, head, strict=True)
        ):
            if isinstance(before, Broken) or isinstance(now, Broken):
                merged[at] = before if isinstance(before, Broken) else now
                group.blame.setdefault(key, group.lines[0] if merged[at] is before else line)
        group.head = tuple(merged)

    def _check_keys(self, at: int) -> None:
        """Two groups with one key would overwrite each other's rows; one without would double."""
        seen: dict[Any, Group] = {}
        for group in self.staged.groups:
            if group.fault is not None:
                continue
            if group.head[at] is None:
                group.fault = ("import-key-empty", {})
                continue
            first = seen.setdefault(group.head[at], group)
            if first is not group:
                shown = {"value": str(group.head[at])[:60], "line": first.lines[0]}
                group.fault = ("key-in-two-groups", shown)

    def _part(
        self, planned: Planned, form: FormDefinition, sources: Mapping[str, Source], prefix: str,
        reading: Reading,
    ) -> _Part:  # fmt: skip
        keys: list[str] = []
        cells: list[tuple[CellReader, int]] = []
        fixed: list[tuple[str, Any]] = []
        for key, source in sources.items():
            reader = cell_reader(
                form.by_key[key], source, reading, planned.link_keys.get(f"{prefix}{key}")
            )
            if source.column is None:
                fixed.append((key, reader[source.constant or ""]))
            else:
                keys.append(key)
                cells.append((reader, self._columns.index(source.column)))
        names = (*keys, *(key for key, _value in fixed))
        return _Part(names, tuple(cells), tuple(value for _key, value in fixed))

    def _identifier(
        self, form: FormDefinition, target: Target
    ) -> Callable[[Sequence[str]], Any] | None:
        """What makes lines one record: the grouping columns, else the key's column."""
        by_column: dict[str, tuple[CellReader, bool]] = {}
        if target.key:
            source = target.fields[target.key]
            place = self._head.keys.index(target.key)
            if source.column is not None:
                reader = self._head.cells[place][0]
                by_column[source.column] = (reader, _folds(form.by_key[target.key]))
        columns = target.group_by or tuple(by_column)
        if not columns:
            return None
        parts = [
            (self._columns.index(name), *by_column.get(name, (text_reader(), False)))
            for name in columns
        ]
        if len(parts) == 1:
            at, reader, folds = parts[0]
            return lambda cells: _folded(reader[cells[at]]) if folds else reader[cells[at]]

        def several(cells: Sequence[str]) -> Any:
            values = [_folded(r[cells[at]]) if folds else r[cells[at]] for at, r, folds in parts]
            broken = next((v for v in values if isinstance(v, Broken)), None)
            if broken is not None or all(value is None for value in values):
                return broken
            return tuple(values)

        return several

    def _key_is_identity(self, form: FormDefinition, target: Target) -> bool:
        """Whether the key as it stands in the head already says which lines are one."""
        if target.key is None or _folds(form.by_key[target.key]):
            return False
        column = target.fields[target.key].column
        return target.group_by in ((), (column,))

    def _consent(
        self, wanted: ConsentSource, reading: Reading
    ) -> Callable[[Sequence[str]], tuple[Any, Any, Any]]:
        answer = FieldDefinition("given", "boolean")
        given = self._loose(wanted.given, cell_reader(answer, wanted.given, reading))
        evidence = self._loose(wanted.evidence, text_reader())
        at = self._loose(wanted.at, instant_reader(wanted.at, reading)) if wanted.at else None
        return lambda cells: (given(cells), evidence(cells), at(cells) if at else None)

    def _loose(self, source: Source, reader: CellReader) -> Callable[[Sequence[str]], Any]:
        if source.column is None:
            value = reader[source.constant or ""]
            return lambda cells: value
        at = self._columns.index(source.column)
        return lambda cells: reader[cells[at]]


def stage_lines(
    lines: Iterable[Line], columns: Sequence[str], stages: Sequence[Stage],
    *, beat: Callable[[int], None] = lambda count: None,
) -> Iterator[LineFault]:  # fmt: skip
    """Hand every line to every target; yields the lines that are broken as such.

    ``beat`` is called now and then with the number of lines so far.
    """
    width = len(columns)
    adders = [stage.adder() for stage in stages]
    count = 0
    for count, (number, cells) in enumerate(lines, start=1):
        if len(cells) == width or (len(cells) > width and not any(cells[width:])):
            for add in adders:
                add(number, cells)
        else:
            code = "too-few-cells" if len(cells) < width else "too-many-cells"
            params = {"n": len(cells), "expected": width}
            for stage in stages:
                stage.spoil(number, cells, code, params)
            yield LineFault(number, code, params)
        if not count % 20_000:
            beat(count)
    beat(count)


def _folds(field: FieldDefinition) -> bool:
    return isinstance(field_types.get(field.type), TextLike) and not field.exact


def _folded(value: Any) -> Any:
    return fold(value) if isinstance(value, str) else value
