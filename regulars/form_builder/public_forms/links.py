"""The links of public forms: one per store or one for the shop, each with a secret of its own.

A link opens one form for filling in and no other door. Its secret stands on posters, so it is kept
as it is; a paused link answers that the form is closed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.public_forms.definition import PublicForm
from regulars.form_builder.public_forms.kind import KIND
from regulars.form_builder.public_forms.tables import public_link, public_submission
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.units import Unit, list_units
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import seeing
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.errors import Forbidden, Invalid, NotFound
from regulars.platform.ids import new_token
from regulars.platform.problems import Problem

EDIT = "design_forms"
STATES = ("open", "paused")
_SECRET_BYTES = 16
_TOKEN = re.compile(r"(\d{1,12})-([A-Za-z0-9_-]{22})\Z")


@dataclass(frozen=True)
class Link:
    """One link; ``unit`` is its store, ``counts`` how many came in by outcome."""

    id: int
    public_form: str
    unit: int | None
    token: str
    state: str
    store: str = ""
    counts: Mapping[str, int] | None = None

    @property
    def path(self) -> str:
        """Where it is opened."""
        return f"/f/{self.token}"

    @property
    def received(self) -> int:
        """How many records came in through it."""
        return (self.counts or {}).get("new", 0)

    @property
    def known(self) -> int:
        """How often somebody was there already."""
        return (self.counts or {}).get("known", 0)


@dataclass(frozen=True)
class Door:
    """What somebody with a link stands before."""

    link: Link
    public: PublicForm
    version: int


def workspace_id_of(token: str) -> int | None:
    """The workspace a token belongs to; None when it cannot be one of ours."""
    found = _TOKEN.fullmatch(token)
    return int(found[1]) if found else None


def fresh_token(uow: UnitOfWork) -> str:
    """A secret that names its workspace to us and nothing to anybody else."""
    return f"{uow.workspace.id}-{new_token(_SECRET_BYTES)}"


def find_door(uow: UnitOfWork, token: str, *, hold: bool = False) -> Door:
    """What a link opens; NotFound for any other text.

    With ``hold``, others wait for us here, by whichever link of this public form they come: its
    limits count all of them together.
    """
    wanted = public_link.select().where(public_link.c.token == token)
    row = uow.execute(wanted).first()
    if hold and row is not None:
        every = public_link.select().where(public_link.c.public_form == row.public_form)
        held = uow.execute(every.order_by(public_link.c.id).with_for_update()).all()
        row = next((each for each in held if each.id == row.id), None)
    found = None if row is None else snapshot(uow).items.get((KIND, row.public_form))
    if row is None or found is None:
        raise NotFound("dead-public-link")
    return Door(_link(row, _stores(uow)), found.parsed, found.version)


def list_links(uow: UnitOfWork, access: Access, key: str) -> list[Link]:
    """The links of a public form that this reader may see, those of the shop first."""
    access.require(EDIT)
    seeing.require_seen(uow, access, KIND, key)
    stores, counts = _stores(uow), _counts(uow, key)
    rows = uow.execute(
        public_link.select().where(public_link.c.public_form == key).order_by(public_link.c.id)
    )
    links = [_link(row, stores, counts.get(row.id, {})) for row in rows]
    return sorted((e for e in links if _is_mine(access, e.unit)), key=lambda e: e.store)


def get_link(uow: UnitOfWork, access: Access, key: str, number: int) -> Link:
    """One of them; NotFound otherwise."""
    known = {each.id: each for each in list_links(uow, access, key)}
    if number not in known:
        raise NotFound("no-public-link")
    return known[number]


def make_links(
    uow: UnitOfWork, access: Access, key: str, units: Sequence[int | None]
) -> list[Link]:
    """A link for each of these stores (None: the shop) that has none yet; all links."""
    access.require(EDIT)
    if (KIND, key) not in snapshot(uow).items:
        raise NotFound("no-public_form", key=key)
    known_units = {unit.id for unit in list_units(uow) if unit.active}
    there = {each.unit for each in list_links(uow, access, key)}
    for unit in dict.fromkeys(units):
        if unit is not None and unit not in known_units:
            raise Invalid([Problem("units", "no-such-unit", {"value": str(unit)})])
        if not _is_mine(access, unit):
            raise Forbidden("grant-outside-units")
        if unit not in there:
            uow.execute(public_link.insert().values(
                public_form=key, unit=unit, token=fresh_token(uow), state="open",
                created_at=uow.now, created_by=access.actor,
            ))  # fmt: skip
    return list_links(uow, access, key)


def set_state(uow: UnitOfWork, access: Access, key: str, number: int, state: str) -> Link:
    """Pause a link, or open it again."""
    link = get_link(uow, access, key, number)
    if state not in STATES:
        allowed = {"value": state[:40], "allowed": ", ".join(STATES)}
        raise Invalid([Problem("state", "not-an-option", allowed)])
    if link.state != state:
        uow.execute(public_link.update().where(public_link.c.id == number).values(state=state))
    return get_link(uow, access, key, number)


def stores_of(uow: UnitOfWork, access: Access) -> list[Unit]:
    """The stores that this person may make links for."""
    return [each for each in list_units(uow) if each.active and _is_mine(access, each.id)]


def received(uow: UnitOfWork, key: str) -> int:
    """How many records came in through all links of a public form."""
    return sum(each.get("new", 0) for each in _counts(uow, key).values())


def _is_mine(access: Access, unit: int | None) -> bool:
    return not access.unit_ids or unit in access.unit_ids


def _counts(uow: UnitOfWork, key: str) -> dict[int, dict[str, int]]:
    table = public_submission
    counted = (
        sa.select(table.c.link, table.c.outcome, sa.func.count())
        .where(table.c.public_form == key)
        .group_by(table.c.link, table.c.outcome)
    )
    found: dict[int, dict[str, int]] = {}
    for link, outcome, n in uow.execute(counted):
        found.setdefault(link, {})[outcome] = n
    return found


def _stores(uow: UnitOfWork) -> dict[int, str]:
    return {each.id: each.name for each in list_units(uow)}


def _link(row: Any, stores: Mapping[int, str], counts: Mapping[str, int] | None = None) -> Link:
    store = stores.get(row.unit, "") if row.unit is not None else ""
    return Link(row.id, row.public_form, row.unit, row.token, row.state, store, counts)
