"""Who was touched by an import lately: people who match because of history are backlog.

Historic events are born processed; when they were written says whether a rule has seen them.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from regulars.platform.db import UnitOfWork
from regulars.platform.events import event
from regulars.rule_engine.book import PinnedRule, book_of
from regulars.rule_engine.ways import ways_to

LONGEST_TRANSACTION = timedelta(seconds=60)  # of an import, from its "now" to its commit
IMPATIENCE = timedelta(minutes=10)  # during an endless import, look at least this often
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CHAIN = sa.type_coerce(event.c.chain, sa.Text())  # the rules that caused it, the last one last

sa.Index(
    "event_historic",
    event.c.processed_at,
    sqlite_where=event.c.historic.is_(sa.true()),
    postgresql_where=event.c.historic.is_(sa.true()),
)


def touched_by_history(uow: UnitOfWork, pinned: PinnedRule, since: datetime | None) -> set[int]:
    """Subjects whose own record, or a record that links to them, an import wrote since then.

    A little too many rather than one too few: a transaction may commit some time after the
    instant its events carry. What a mirror wrote at its first look-over is history, too, but only
    for rules that ask for what it sets: nobody matches any other rule because of it.
    """
    subject = pinned.rule.subject
    fresh: list[sa.ColumnElement[bool]] = [event.c.historic.is_(sa.true())]
    if since is not None:
        fresh.append(event.c.processed_at > since - LONGEST_TRANSACTION)
    fresh += [~_CHAIN.endswith(f'"{key}"]', autoescape=True) for key in _unasked(uow, pinned)]
    form_of = sa.func.coalesce(event.c.form, "")  # by the time, not through a form's whole past
    found = set(uow.execute(sa.select(event.c.record).where(*fresh, form_of == subject)).scalars())
    for form, links in ways_to(pinned.catalog, subject).items():
        if form not in pinned.catalog.tables:
            continue
        table = pinned.catalog.tables[form].main
        for link in sorted(links):
            statement = (
                sa.select(table.c[link])
                .join(event, sa.and_(event.c.record == table.c.id, form_of == form))
                .where(*fresh, table.c[link].is_not(None))
                .distinct()
            )
            found.update(uow.execute(statement).scalars())
    return found


def _unasked(uow: UnitOfWork, pinned: PinnedRule) -> list[str]:
    """The mirrors that set what this rule does not ask for, by no way round."""
    words = _words_of(pinned)
    return [
        each.rule.key
        for each in book_of(uow).mirrors
        if each.rule.sets is not None and each.rule.sets.field not in words
    ]


def _words_of(pinned: PinnedRule) -> set[str]:
    """Every name in a rule's condition and key, and in the fields these are computed from."""
    fields = [each for form in pinned.catalog.forms.values() for each in form.fields]
    words = _words([pinned.rule.when, pinned.rule.entry.key, pinned.rule.trigger.settings])
    while True:
        further = [each.settings for each in fields if each.key in words]
        more = words | _words(further)
        if more == words:
            return words
        words = more


def _words(said: Any) -> set[str]:
    return set(_WORD.findall(json.dumps(said, default=str)))


def has_news(
    latest: datetime | None, settled_to: datetime | None, clock: datetime, *,
    calm: timedelta = LONGEST_TRANSACTION,
) -> bool:  # fmt: skip
    """Whether an import wrote since ``settled_to`` and has been at rest, or takes for ever."""
    if latest is None or (settled_to is not None and latest <= settled_to):
        return False
    endless = settled_to is None or clock - settled_to > IMPATIENCE
    return endless or clock - latest >= calm


def latest_history(uow: UnitOfWork) -> datetime | None:
    """When an import wrote last."""
    found: datetime | None = uow.scalar(
        sa.select(sa.func.max(event.c.processed_at)).where(event.c.historic.is_(sa.true()))
    )
    return found
