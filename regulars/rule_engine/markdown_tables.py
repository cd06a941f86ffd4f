"""Tables of message texts: ``| a | b |``, a line ``| --- | ---: |`` below the headings. Pure.

A column whose marks end with a colon holds numbers and stands on the right. A cell of nothing but
`BLOCK` is a bar beside a number: drawn for the eye, passed over by programs that read aloud.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence

Spell = Callable[[str], str]
_RULE = re.compile(r":?-+:?")  # of one cell of the line below the headings
_CUT = re.compile(r"(?<!\\)\|")
_GAP = "  "
BLOCK = "▇"
LONGEST = 20  # blocks of the longest bar
_BLUE = "#4263eb"


def is_row(line: str) -> bool:
    """Whether a line is a row of a table."""
    text = line.strip()
    return len(text) > 1 and text.startswith("|") and text.endswith("|")


def table_html(lines: Sequence[str], spell: Spell) -> str:
    """The table for mail readers, which know no style sheets."""
    rows, rights = _read(lines)
    head, *body = [[spell(cell) for cell in row] for row in rows]
    made = [f"<tr>{_cells(head, rights, 'th')}</tr>"]
    made += [f"<tr>{_cells(row, rights, 'td')}</tr>" for row in body]
    return f'<table border="1" cellpadding="6" cellspacing="0">{"".join(made)}</table>'


def aligned(lines: Sequence[str], spell: Spell) -> list[str]:
    """The table as plain text, every column as wide as its widest cell."""
    read, rights = _read(lines)
    rows = [[spell(cell) for cell in row] for row in read]
    count = max(len(row) for row in rows)
    widths = [max(_width(row[n]) for row in rows if n < len(row)) for n in range(count)]
    head, *body = [_line(row, widths, rights) for row in rows]
    return [head, _GAP.join("-" * width for width in widths), *body]


def _read(lines: Sequence[str]) -> tuple[list[list[str]], set[int]]:
    """The cells of each row but the rule, and the columns on the right."""
    rows, rights = [], set()
    for line in lines:
        cells = [cell.strip() for cell in _CUT.split(line.strip()[1:-1])]
        if is_row(line) and all(_RULE.fullmatch(cell) for cell in cells):
            rights = {n for n, cell in enumerate(cells) if cell.endswith(":")}
        else:
            rows.append(cells)
    return rows or [[""]], rights


def _cells(row: Sequence[str], rights: set[int], tag: str) -> str:
    sides = ("left", "right")
    return "".join(
        _bar(len(cell), tag)
        if cell and not cell.strip(BLOCK)
        else f'<{tag} align="{sides[n in rights]}">{cell}</{tag}>'
        for n, cell in enumerate(row)
    )


def _bar(blocks: int, tag: str) -> str:
    """A bar that every mail program draws: a table in a table, without pictures."""
    width = 100 * min(blocks, LONGEST) // LONGEST
    return (
        f'<{tag} width="160" aria-hidden="true"><table role="presentation" width="{width}%"'
        f' cellpadding="0" cellspacing="0"><tr><td height="10" bgcolor="{_BLUE}"></td></tr>'
        f"</table></{tag}>"
    )


def _line(row: Sequence[str], widths: Sequence[int], rights: set[int]) -> str:
    cells = []
    for n, cell in enumerate(row):
        room = " " * (widths[n] - _width(cell))
        cells.append(room + cell if n in rights else cell + room)
    return _GAP.join(cells).rstrip()


def _width(text: str) -> int:
    """How wide a text stands: a Chinese sign takes two places."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
