"""A piece of SQL of our own with arguments in it, as one element.

SQLAlchemy compiles nested elements by recursion, several Python frames for each; a formula of some
depth would not fit Python's stack. A template is one element however many calls it writes. Its
words are constants of this package; everything from outside is an argument and stays bound.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.visitors import InternalTraversal


class Template(FunctionElement[Any]):
    """``words`` with ``{0}``, ``{1}`` … for the arguments, in brackets where that matters."""

    name = "regulars_template"
    inherit_cache = True
    _traverse_internals = [  # noqa: RUF012 - as SQLAlchemy wants it
        *FunctionElement._traverse_internals,
        ("words", InternalTraversal.dp_string),
        ("type", InternalTraversal.dp_type),
    ]

    def __init__(self, words: str, kind: sa.types.TypeEngine[Any], *args: Any) -> None:
        super().__init__(*args)
        self.words = words
        self.type = kind


def is_column(value: sa.ColumnElement[Any]) -> bool:
    """Whether the value is a stored column and nothing more."""
    return isinstance(value.clause if isinstance(value, sa.TypeCoerce) else value, sa.Column)


def is_plain(value: sa.ColumnElement[Any]) -> bool:
    """Whether mentioning the value twice costs nothing."""
    return is_column(value) or isinstance(value, sa.BindParameter)


_WHOLE = (Template, sa.Column, sa.BindParameter)


@compiles(Template)
def _render(element: Template, compiler: SQLCompiler, **options: Any) -> str:
    args = []
    for arg in element.clauses:
        text = compiler.process(arg, **options)
        args.append(text if isinstance(arg, _WHOLE) else f"({text})")
    return element.words.format(*args)
