"""Where somebody wrote a person's name, number or address into how the shop is set up.

These places are nobody's records: they are named to whoever erases, and changed by no machine.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.access_cases.tables import access_case
from regulars.form_builder.own_views.tables import own_view
from regulars.form_builder.people.identities import Person
from regulars.form_builder.people.traces import traces_of
from regulars.platform import i18n
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.kinds import kinds
from regulars.platform.definitions.places import named
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.definitions.store import list_drafts
from regulars.platform.i18n import Text


def mentions_of(uow: UnitOfWork, person: Person) -> list[Text]:
    """Definitions, access cases and views of members that hold a value of this person."""
    traces = traces_of(person.names, person.addresses, person.people.region)
    said = {each.casefold() for each in traces.all}
    found = _definitions(uow, said)
    cases = uow.execute(sa.select(access_case.c.label, access_case.c.condition)).all()
    views = uow.execute(sa.select(own_view.c.view)).scalars().all()
    counted = {
        "people.mentioned-cases": sum(_holds([row.label, row.condition], said) for row in cases),
        "people.mentioned-views": sum(_holds(view, said) for view in views),
    }
    told = ({each: i18n.translate(key, each, n=n) for each in i18n.LOCALES}
            for key, n in counted.items() if n)  # fmt: skip
    return [*found.values(), *told]


def _definitions(uow: UnitOfWork, said: Collection[str]) -> dict[tuple[str, str], Text]:
    drafts = [each for kind in kinds.names() for each in list_drafts(uow, kind) if each.changed]
    raws = [(each.kind, each.key, each.raw) for each in snapshot(uow).items.values()]
    raws += [(each.kind, each.key, each.raw) for each in drafts]
    return {(kind, key): named(kind, raw) for kind, key, raw in raws if _holds(raw, said)}


def _holds(part: Any, said: Collection[str]) -> bool:
    """Whether a text in a piece of JSON is one of these, whatever its case."""
    if isinstance(part, Mapping):
        return any(_holds(each, said) for each in part.values())
    if isinstance(part, list):
        return any(_holds(each, said) for each in part)
    return isinstance(part, str) and part.strip().casefold() in said
