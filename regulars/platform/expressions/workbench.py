"""A formula while somebody writes it: what is wrong and where, and what it gives. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from regulars.platform.expressions.calls import FormulaError, known_names
from regulars.platform.expressions.check import check
from regulars.platform.expressions.complete import pieces_of
from regulars.platform.expressions.dependencies import dependencies
from regulars.platform.expressions.formula import parse_formula
from regulars.platform.expressions.formula_writer import formula_text
from regulars.platform.expressions.shapes import Shapes
from regulars.platform.expressions.tree import Node
from regulars.platform.expressions.types import ValueType
from regulars.platform.problems import Problem

_AROUND = 24  # characters of the text that are shown on either side of a mistake


@dataclass(frozen=True)
class Mistake:
    """A problem and its place in the text; ``line`` and ``column`` count from 1."""

    problem: Problem
    line: int
    column: int
    before: str  # the text around it, for showing
    at: str
    after: str


@dataclass(frozen=True)
class Workpiece:
    """A formula as it stands: ``tree`` is checked, and None while there are mistakes."""

    tree: Node | None
    mistakes: tuple[Mistake, ...] = ()

    @property
    def text(self) -> str:
        """The formula as the product writes it."""
        return "" if self.tree is None else formula_text(self.tree)

    def refused(self, problems: Sequence[Problem]) -> Workpiece:
        """The same with problems that somebody else found."""
        text = self.text
        return Workpiece(None, tuple(_mistake(text, each) for each in problems))


def examine(
    text: str,
    shapes: Shapes,
    form: str,
    *,
    expect: ValueType | None = None,
    volatile: bool = False,
    own_key: str = "",
) -> Workpiece:
    """Read and check ``text`` for records of ``form``; never raises.

    ``own_key`` is the field whose formula this is: it may not lead back to itself.
    """
    try:
        read = parse_formula(text)
    except FormulaError as refused:
        return Workpiece(None, (_mistake(text, refused.problem()),))
    tree, problems = check(read, shapes, form, expect=expect, volatile=volatile)
    if not problems and own_key and (form, own_key) in dependencies(tree, shapes).fields:
        problems = [Problem("", "formula-cycle", {"fields": [own_key, own_key]})]
    if problems:
        return Workpiece(None, tuple(_mistake(text, each) for each in problems))
    return Workpiece(tree)


def line_and_column(text: str, position: int) -> tuple[int, int]:
    """Where an offset is, both counted from 1."""
    before = text[: max(0, position)]
    return before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1


def _mistake(text: str, problem: Problem) -> Mistake:
    column = problem.params.get("column")
    position = min(int(column) - 1, len(text)) if isinstance(column, int) else 0
    line, place = line_and_column(text, position)
    word = next(iter(_pieces_from(text, position)), "")
    end = position + len(word)
    return Mistake(
        problem, line, place, text[max(0, position - _AROUND) : position], text[position:end],
        text[end : end + _AROUND],
    )  # fmt: skip


def _pieces_from(text: str, position: int) -> Iterator[str]:
    return (piece for piece in pieces_of(text[position:]) if not piece.isspace())


def call_at(text: str, position: int) -> str:
    """The function whose brackets the cursor is in, or nothing."""
    open_calls: list[str] = []
    previous = ""
    for piece in pieces_of(text[: max(0, position)]):
        if piece.isspace():
            continue
        if piece in "(（":
            open_calls.append(previous.upper())
        elif piece in ")）" and open_calls:
            open_calls.pop()
        previous = piece
    known = known_names()
    return next((name for name in reversed(open_calls) if name in known), "")
