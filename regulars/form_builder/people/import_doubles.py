"""What a rehearsed import would double: new people who resemble somebody who is already there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.people.grouping import find_groups
from regulars.form_builder.people.person_forms import PersonForm, person_form
from regulars.form_builder.titles import titles_of
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.i18n import translate

SHOWN = 10


@dataclass(frozen=True)
class LikelyDouble:
    """Somebody who is already there and whom a line of the file resembles, and why."""

    form: str
    id: int
    title: str
    reason: str


def likely_doubles(
    uow: UnitOfWork, batch_id: int, form_keys: Iterable[str]
) -> list[dict[str, Any]]:
    """Per form of people: how many new records resemble older ones, and whom.

    Asked in a rehearsal's copy, before it is thrown away. Only ids and reasons are kept.
    """
    catalog = catalog_of(uow)
    found = []
    for key in sorted(set(form_keys)):
        if key in catalog.forms and catalog.forms[key].person:
            told = _of_form(uow, person_form(catalog, key), batch_id)
            if told["count"]:
                found.append(told)
    return found


def shown_doubles(
    uow: UnitOfWork, access: Access, check: Mapping[str, Any] | None, locale: str
) -> list[LikelyDouble]:
    """The examples of a stored check, with the titles these people have now."""
    told = (check or {}).get("doubles", [])
    wanted = {each["form"]: [one["id"] for one in each["examples"]] for each in told}
    titles = titles_of(uow, access, catalog_for(uow, access), wanted)
    return [
        LikelyDouble(
            each["form"], one["id"], titles[each["form"], one["id"]],
            translate(f"people.reason.{one['reason']}", locale),
        )
        for each in told
        for one in each["examples"]
        if (each["form"], one["id"]) in titles
    ]  # fmt: skip


def _of_form(uow: UnitOfWork, people: PersonForm, batch_id: int) -> dict[str, Any]:
    table = people.tables.main
    fresh = set(uow.execute(sa.select(table.c.id).where(table.c.batch == batch_id)).scalars())
    sketches = [
        people.sketch_of_row(row) for row in uow.execute(sa.select(*people.compared_columns()))
    ]
    if not fresh or len(fresh) == len(sketches):
        return {"form": people.key, "count": 0, "examples": []}
    doubled: dict[int, dict[str, Any]] = {}
    for group in find_groups(sketches):
        for pair in group.pairs:
            one, other = pair.pair
            if (one in fresh) == (other in fresh):
                continue
            new, old = (one, other) if one in fresh else (other, one)
            reason = pair.likeness.reasons[0].code
            doubled.setdefault(new, {"id": old, "reason": reason})
    examples = list(doubled.values())[:SHOWN]
    return {"form": people.key, "count": len(doubled), "examples": examples}
