"""A report's page as a mail (a table) and as a note to a group of staff (lines)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from regulars.platform import addresses, i18n
from regulars.platform.db import Workspace
from regulars.platform.formats import Formats
from regulars.rule_engine.digests import reports_of
from regulars.rule_engine.markdown import shield
from regulars.rule_engine.markdown_tables import BLOCK, LONGEST
from regulars.rule_engine.reporting import Page

ROWS_IN_MAIL = 40
ROWS_IN_NOTE = 8


@dataclass(frozen=True)
class Reading:
    """One page on its way to its reader: of which report, as of when, in which language."""

    page: Page
    report: str
    at: datetime
    locale: str
    shop: Workspace

    def t(self, key: str, **params: object) -> str:
        """A text of the catalogs."""
        return i18n.translate(f"digests.{key}", self.locale, **params)

    @property
    def heading(self) -> str:
        """The report's name with its true period."""
        page = self.page
        if not page.period:
            return page.title
        key = "heading-unfinished" if page.unfinished else "heading"
        return self.t(key, title=page.title, period=page.period)

    @property
    def as_of(self) -> str:
        """Of which moment the numbers are."""
        at = Formats(self.locale, self.shop.zone).datetime(self.at)
        return self.t("as-of", at=at, shop=self.shop.name)

    @property
    def address(self) -> str:
        """Where the same numbers can be followed to their records."""
        path = reports_of().place(self.report, self.page.since, self.page.until, self.at)
        return addresses.absolute(f"/w/{self.shop.key}/{path}")


def mail(readings: Sequence[Reading], rule: str) -> dict[str, str]:
    """Subject and text of one mail with the reports of a rule; tables become HTML on their way."""
    first, *others = readings
    subject = first.t("bundle", rule=rule, n=len(readings)) if others else first.heading
    return {"subject": subject, "markdown": "\n\n".join(_letter(each) for each in readings)}


def _letter(reading: Reading) -> str:
    page = reading.page
    parts = [f"## {shield(reading.heading)}", shield(reading.as_of)]
    if page.is_empty and not page.rows:
        parts.append(shield(reading.t("nothing")))
    else:
        parts.append("\n".join(_table(reading)))
    left = len(page.rows) - ROWS_IN_MAIL + page.more
    if left > 0:
        parts.append(shield(reading.t("more", n=left)))
    parts += [f"- {shield(note)}" for note in page.notes]
    parts.append(f"[{shield(reading.t('open'))}]({reading.address})")
    return "\n\n".join(parts)


def _table(reading: Reading) -> Iterator[str]:
    page = reading.page
    aside = [""] if page.bars else []  # the bars stand in a column without a heading
    yield _row([*page.headings, *aside])
    marks = ["---:" if n in page.numbers else "---" for n in range(len(page.headings))]
    yield f"| {' | '.join([*marks, *('---' for _ in aside)])} |"
    for n, row in enumerate(page.rows[:ROWS_IN_MAIL]):
        drawn = [BLOCK * math.ceil(page.bars[n] * LONGEST / 100)] if page.bars else []
        yield _row([*_marked(reading, n, row), *drawn])
    if page.totals is not None:
        yield _row([*page.totals, *aside])


def _marked(reading: Reading, n: int, row: Sequence[str]) -> Sequence[str]:
    """A row whose period still runs says so beside its name."""
    page = reading.page
    if n not in page.open_rows or len(page.open_rows) == len(page.rows):
        return row
    return [reading.t("running", name=row[0]), *row[1:]]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(shield(cell) for cell in cells)} |"


def note(readings: Sequence[Reading]) -> dict[str, str]:
    """A few lines for a chat: a chat shows no table."""
    return {"text": "\n\n".join(_short(each) for each in readings)}


def _short(reading: Reading) -> str:
    page = reading.page
    lines = [reading.heading, *_lines(reading)]
    left = len(page.rows) - ROWS_IN_NOTE + page.more
    if left > 0:
        lines.append(reading.t("more", n=left))
    return "\n".join([*lines, reading.address])


def _lines(reading: Reading) -> Iterator[str]:
    page = reading.page
    if page.is_empty and not page.rows:
        yield reading.t("nothing")
    for n, row in enumerate(page.rows[:ROWS_IN_NOTE]):
        yield _line(page, _marked(reading, n, row))
    if page.totals is not None:
        yield _line(page, page.totals)


def _line(page: Page, row: Sequence[str]) -> str:
    names = [cell for n, cell in enumerate(row) if n not in page.numbers]
    said = [
        f"{heading} {cell}"
        for n, (heading, cell) in enumerate(zip(page.headings, row, strict=True))
        if n in page.numbers
    ]
    return " · ".join(filter(None, [" ".join(names), *said]))
