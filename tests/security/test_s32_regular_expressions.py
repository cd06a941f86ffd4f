"""S32: nobody outside can give us a regular expression, and ours cannot run away."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from regulars.form_builder.schema import form_problems
from regulars.platform.definitions.kinds import kinds
from regulars.wiring import wire
from tests.support import house

PACKAGE = Path(__file__).parents[2] / "regulars"
COMPILING = frozenset({"compile", "match", "fullmatch", "search", "sub", "split", "findall"})
EVIL = ("^(a+)+$", "(.*a){20}", "(x+x+)+y", r"(a|a)*\1", "(?:a|aa)+$")
parser: Any = re._parser  # type: ignore[attr-defined]


def own_patterns() -> Iterator[tuple[str, str]]:
    """Every regular expression that is written down in the package, with its place."""
    for path in house.python_files(PACKAGE):
        for name, call in house.calls(house.syntax_of(path)):
            first = call.args[0] if call.args else None
            if name in COMPILING and isinstance(first, ast.Constant) and is_re(call):
                yield f"{path.name}:{call.lineno}", str(first.value)
    wire()
    for kind in kinds:
        for pattern in patterns_in(kind.schema):
            yield f"schema of {kind.name}", pattern


def is_re(call: ast.Call) -> bool:
    target = call.func
    return (
        isinstance(target, ast.Attribute)
        and isinstance(target.value, ast.Name)
        and target.value.id == "re"
    )


def patterns_in(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key == "pattern" and isinstance(value, str):
                yield value
            else:
                yield from patterns_in(value)
    elif isinstance(schema, list):
        for each in schema:
            yield from patterns_in(each)


def runs_away(pattern: str) -> bool:
    """Whether a repetition without end holds another that the same letters could feed."""
    return any(_runs_away(node) for node in parser.parse(pattern))


def _runs_away(node: Any) -> bool:
    op, argument = node
    name = str(op)
    if name in ("MAX_REPEAT", "MIN_REPEAT"):
        _least, most, body = argument
        inside = list(body)
        endless = most is parser.MAXREPEAT and any(_repeats(each) for each in inside)
        if endless and not _is_parted(inside):
            return True
        return any(_runs_away(each) for each in inside)
    return any(_runs_away(each) for each in _below(node))


def _is_parted(body: list[Any]) -> bool:
    """Whether each round begins with a sign that nothing else in it can be: ``(\\.[a-z]+)*``."""
    first = body[0]
    while str(first[0]) == "SUBPATTERN":
        body = list(first[1][3])
        first = body[0]
    if str(first[0]) != "LITERAL" or chr(first[1]).isalnum():
        return False
    rest = str(body[1:])
    wide = ("ANY", "NEGATE", "NOT_LITERAL", f"(LITERAL, {first[1]})")
    return not any(word in rest for word in wide)


def _repeats(node: Any) -> bool:
    op, argument = node
    if str(op) in ("MAX_REPEAT", "MIN_REPEAT"):
        return argument[1] is parser.MAXREPEAT or any(_repeats(each) for each in argument[2])
    return any(_repeats(each) for each in _below(node))


def _below(node: Any) -> Iterator[Any]:
    op, argument = node
    name = str(op)
    if name == "SUBPATTERN":
        yield from argument[3]
    elif name == "BRANCH":
        for branch in argument[1]:
            yield from branch
    elif name in ("ASSERT", "ASSERT_NOT"):
        yield from argument[1]
    elif name == "ATOMIC_GROUP":
        yield from argument


@pytest.mark.parametrize(
    "pattern", ["^(a+)+$", "(x+x+)+y", "([a-z]*)*", "(?:a+b?)*c", "(a[a-z]*)*"]
)
def test_the_scan_knows_what_runs_away(pattern: str) -> None:
    assert runs_away(pattern)


def test_none_of_our_own_expressions_runs_away() -> None:
    found = list(own_patterns())
    assert len(found) > 50
    assert [(place, pattern) for place, pattern in found if runs_away(pattern)] == []


def test_no_definition_takes_a_regular_expression() -> None:
    wire()
    for kind in kinds:
        assert '"regex"' not in str(kind.schema).replace("'", '"')
        assert "patternProperties" not in properties_of(kind.schema)


def properties_of(schema: Any) -> set[str]:
    if isinstance(schema, dict):
        inner = schema.get("properties")
        own = set(inner) if isinstance(inner, dict) else set()
        return own.union(*(properties_of(each) for each in schema.values()))
    if isinstance(schema, list):
        return set().union(*(properties_of(each) for each in schema))
    return set()


@pytest.mark.parametrize("evil", EVIL)
def test_a_field_takes_no_expression_to_hold_its_values_against(evil: str) -> None:
    wire()
    for setting in ("pattern", "regex", "validation", "format"):
        field = {"key": "name", "type": "text", setting: evil}
        form = {"kind": "form", "key": "people", "label": "People", "fields": [field]}
        assert form_problems(form) != []
