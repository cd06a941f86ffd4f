"""What a reader may do with the view that a list shows, and with what they see now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.own_views.keeping import is_own, start_of
from regulars.form_builder.web.list_state import ListState
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.roles import Role
from regulars.platform.db import UnitOfWork

SHARE = "design_forms"


@dataclass(frozen=True)
class ViewMenu:
    """``key`` is the view that is shown, "" for none; ``start`` the one that the list opens with.

    ``roles`` are those that a view may be shared with; none for readers who may not share.
    """

    key: str = ""
    is_mine: bool = False
    is_member: bool = False
    may_share: bool = False
    start: str = ""
    left_out: int = 0
    roles: Sequence[Role] = ()

    @property
    def may_change(self) -> bool:
        """Whether the view itself may be changed, or taken away."""
        return bool(self.key) and (self.is_mine or self.may_share)

    @property
    def is_start(self) -> bool:
        """Whether the list opens with the view that is shown."""
        return bool(self.key) and self.key == self.start


def view_menu_of(
    uow: UnitOfWork, access: Access, form: FormDefinition, state: ListState
) -> ViewMenu:
    """The menu for this reader."""
    may_share = access.can(SHARE)
    return ViewMenu(
        key=state.view if state.is_viewed else "",
        is_mine=is_own(state.view),
        is_member=access.member_id is not None,
        may_share=may_share,
        start=start_of(uow, access, form.key),
        left_out=int(state.view_of(form).get("left_out", 0)),
        roles=tuple(access.roles.values()) if may_share else (),
    )
