"""Questions that are built once for each reader: the statement is kept with the catalog.

What a formula compares with "now", "today", "me" or "my stores" holds for one moment only; a
statement in which such a thing stands is built anew each time, all others are not.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.expressing import watched_moment
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.prepared import Prepared

_MOST = 2000  # statements of one catalog; the others go the usual way
_MOST_PASSING = 100


class _Newest(OrderedDict[Any, Any]):
    """Forgets the oldest when there are too many."""

    def __setitem__(self, name: Any, value: Any) -> None:
        super().__setitem__(name, value)
        while len(self) > _MOST_PASSING:
            self.popitem(last=False)


def ask(  # noqa: PLR0913 - a question, who asks it, and how it is kept
    uow: UnitOfWork, access: Access, catalog: FormCatalog, name: tuple[Any, ...],
    build: Callable[[], sa.Select[Any]], values: Mapping[str, Any], *, passing: bool = False,
) -> list[Mapping[str, Any]]:  # fmt: skip
    """The rows that the SELECT of ``build`` gives for ``values``, columns by their names.

    ``name`` says which question this is; it stands for whatever ``build`` depends on besides the
    reader, the workspace and the moment. One that is ``passing`` has things in it that somebody
    typed: only the newest of those are kept.
    """
    place = uow.workspace
    who = (access.held, access.member_id, access.unit_ids, access.own_unit_ids)
    known_as = (name, who, *place.calendar)
    kept = catalog.statements
    if passing:
        kept = kept.setdefault("passing", _Newest())
    try:
        known: Prepared | None = kept[known_as]
    except KeyError:
        known = None
        if len(kept) < _MOST:
            known = kept[known_as] = _prepare(uow, access, build)
    if known is None:
        return [dict(row) for row in uow.execute(build(), values).mappings()]
    return known.mappings(uow.connection, values)


def _prepare(
    uow: UnitOfWork, access: Access, build: Callable[[], sa.Select[Any]]
) -> Prepared | None:
    """The statement, or None where it holds for this moment only."""
    with watched_moment(uow, access) as moment:
        statement = build()
    return None if moment.was_asked else Prepared(statement)
