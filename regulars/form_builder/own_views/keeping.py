"""A member's own views of a form: kept, changed, put in order, and gone when they leave.

Their keys (`own-7`) have a sign that keys of shared views never have.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.list_settings import keep_settings, list_setting
from regulars.form_builder.own_views.tables import list_start, own_view
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Conflict, Forbidden, NotFound

MOST = 50
"""Own views of one member on one form."""
_PREFIX = "own-"

View = Mapping[str, Any]


@dataclass(frozen=True)
class OwnView:
    """A view of one member; ``view`` is as in a form's definition, without its key."""

    id: int
    view: View

    @property
    def key(self) -> str:
        """What addresses call it."""
        return f"{_PREFIX}{self.id}"


def is_own(key: str) -> bool:
    """Whether a view of this key is somebody's own."""
    return key.startswith(_PREFIX) and key.removeprefix(_PREFIX).isdecimal()


def list_own(uow: UnitOfWork, access: Access, form: str) -> list[OwnView]:
    """The views of whoever asks, in their order; none for those who are no member."""
    if access.member_id is None:
        return []
    chosen = sa.select(own_view.c.id, own_view.c.view).where(*_place(access, form))
    rows = uow.execute(chosen.order_by(own_view.c.position, own_view.c.id))
    return [OwnView(row.id, row.view) for row in rows]


def add_own(uow: UnitOfWork, access: Access, form: str, view: View) -> OwnView:
    """Keep a view behind the others; Conflict when there are too many."""
    _member(access)
    kept, about = _bare(view), sa.select(sa.func.count(), sa.func.max(own_view.c.position))
    n, last = uow.execute(about.where(*_place(access, form))).one()
    if n >= MOST:
        raise Conflict("too-many-own-views", most=MOST)
    values = {
        "member": access.member_id, "form": form, "position": (last or 0) + 1,
        "view": kept, "changed_at": uow.now,
    }  # fmt: skip
    made = uow.scalar(own_view.insert().values(**values).returning(own_view.c.id))
    return OwnView(int(made or 0), kept)


def change_own(uow: UnitOfWork, access: Access, form: str, key: str, view: View) -> None:
    """Put another view in the place of one's own; NotFound when it is not theirs."""
    here = own_view.c.id == get_own(uow, access, form, key).id
    uow.execute(own_view.update().where(here).values(view=_bare(view), changed_at=uow.now))


def get_own(uow: UnitOfWork, access: Access, form: str, key: str) -> OwnView:
    """One of one's own views; NotFound for everybody else's."""
    for each in list_own(uow, access, form):
        if each.key == key:
            return each
    raise NotFound()


def remove_own(uow: UnitOfWork, access: Access, form: str, key: str) -> OwnView:
    """Take one's own view away; a list that opened with it opens with everything again."""
    gone = get_own(uow, access, form, key)
    uow.execute(own_view.delete().where(own_view.c.id == gone.id))
    keep_settings(uow, access, form, key, {})
    if start_of(uow, access, form) == key:
        set_start(uow, access, form, "")
    return gone


def move_own(uow: UnitOfWork, access: Access, form: str, key: str, by: int) -> None:
    """Put one's own view so many places further to the end, or to the front for less than 0."""
    every = list_own(uow, access, form)
    moved = get_own(uow, access, form, key)
    others = [each for each in every if each.id != moved.id]
    at = max(0, min(every.index(moved) + by, len(others)))
    for position, each in enumerate([*others[:at], moved, *others[at:]], start=1):
        here = own_view.c.id == each.id
        uow.execute(own_view.update().where(here).values(position=position))


def start_of(uow: UnitOfWork, access: Access, form: str) -> str:
    """The key of the view that a list opens with for whoever asks; "" for everything."""
    if access.member_id is None:
        return ""
    mine = list_start.c.member == access.member_id, list_start.c.form == form
    return str(uow.scalar(sa.select(list_start.c.view).where(*mine)) or "")


def set_start(uow: UnitOfWork, access: Access, form: str, key: str) -> None:
    """Let a list open with this view for whoever asks; with everything for ""."""
    _member(access)
    mine = list_start.c.member == access.member_id, list_start.c.form == form
    uow.execute(list_start.delete().where(*mine))
    if key:
        uow.execute(list_start.insert().values(member=access.member_id, form=form, view=key))


def forget_member(uow: UnitOfWork, member: int) -> None:
    """Nothing of a member's own views stays once they are let go."""
    for table in (own_view, list_start, list_setting):
        uow.execute(table.delete().where(table.c.member == member))


def _bare(view: View) -> dict[str, Any]:
    return {name: value for name, value in view.items() if name not in ("key", "roles")}


def _member(access: Access) -> None:
    if access.member_id is None:
        raise Forbidden("only-members")


def _place(access: Access, form: str) -> tuple[Any, ...]:
    return own_view.c.member == access.member_id, own_view.c.form == form
