"""The little Markdown that message texts use, as HTML for mail readers. Pure.

Headings (``#``), paragraphs, ``-`` and ``1.`` lists, ``**strong**``, ``*emphasis*``, links to web
or mail addresses, and tables (`markdown_tables`). Everything else, HTML included, is text and
stays text; a mark behind a backslash is only itself, which is how values are put in (`shield`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from itertools import groupby

from regulars.rule_engine.markdown_tables import aligned, is_row, table_html

_HEADING = re.compile(r"(#{1,3})\s+(.+)")
_BULLET = re.compile(r"[-*]\s+(.+)")
_NUMBER = re.compile(r"\d{1,3}[.)]\s+(.+)")
_LINK = re.compile(r"\[([^\[\]]+)\]\(((?:https?://|mailto:)[^\s()]+)\)")
_STRONG = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
_EMPHASIS = re.compile(r"(?<!\*)\*(?=[^\s*])([^*]+?)(?<=\S)\*(?!\*)")

_MARKS = "\\`*_[]()#-+.!<>|"
_SHIELDED = re.compile(r"\\([\\`*_\[\]()#\-+.!<>|])")
_ASIDE = 0xE000  # private code points stand in for shielded marks while marks are looked for


def shield(value: str) -> str:
    """A value as text on one line that no mark in it can change the layout of."""
    plain = " ".join(value.split())
    return "".join(f"\\{each}" if each in _MARKS else each for each in plain)


def to_html(text: str) -> str:
    """A text as the body of a mail."""
    aside = _SHIELDED.sub(lambda found: chr(_ASIDE + ord(found[1])), text)
    blocks = re.split(r"\n\s*\n", aside.strip().replace("\r\n", "\n"))
    html = "\n".join(part for block in blocks for part in _block(block.split("\n")) if part)
    return re.sub("[\ue000-\ue07f]", lambda found: escape(chr(ord(found[0]) - _ASIDE)), html)


def to_text(text: str) -> str:
    """A text as it reads without layout: links with their address behind them."""
    spelled = _LINK.sub(lambda found: f"{found[1]}: {found[2]}", text)
    lines: list[str] = []
    for in_table, group in groupby(spelled.split("\n"), is_row):
        some = list(group)
        lines += aligned(some, _plain) if in_table else map(_plain, some)
    return "\n".join(lines)


def _plain(text: str) -> str:
    heading = _HEADING.fullmatch(text.strip())
    return _SHIELDED.sub(r"\1", text if heading is None else heading[2])


def _block(lines: list[str]) -> Iterator[str]:
    for kind, group in groupby((line.strip() for line in lines if line.strip()), _kind):
        some = list(group)
        if kind == "heading":
            yield from (_heading(line) for line in some)
        elif kind == "table":
            yield table_html(some, _inline)
        elif kind in ("ul", "ol"):
            pattern = _BULLET if kind == "ul" else _NUMBER
            items = (pattern.fullmatch(line) for line in some)
            inner = "".join(f"<li>{_inline(found[1])}</li>" for found in items if found)
            yield f"<{kind}>{inner}</{kind}>"
        else:
            yield f"<p>{'<br>'.join(_inline(line) for line in some)}</p>"


def _kind(line: str) -> str:
    if _HEADING.fullmatch(line):
        return "heading"
    if is_row(line):
        return "table"
    if _BULLET.fullmatch(line):
        return "ul"
    return "ol" if _NUMBER.fullmatch(line) else "p"


def _heading(line: str) -> str:
    found = _HEADING.fullmatch(line)
    assert found is not None
    level = len(found[1])
    return f"<h{level}>{_inline(found[2])}</h{level}>"


def _inline(line: str) -> str:
    safe = escape(line, quote=True)
    safe = _LINK.sub(r'<a href="\2">\1</a>', safe)
    safe = _STRONG.sub(r"<strong>\1</strong>", safe)
    return _EMPHASIS.sub(r"<em>\1</em>", safe)
