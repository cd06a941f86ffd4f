"""Changing the draft of a definition from what somebody saw of it, for every kind alike.

An editor shows a draft with its tag and sends the tag back. The change is made on the draft as
it was at that tag and brought together with what others saved since, so that two tabs, or two
people, never overwrite each other unseen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import draft_log, store
from regulars.platform.definitions.kinds import kinds
from regulars.platform.definitions.store import Draft

Raw = Mapping[str, Any]


@dataclass(frozen=True)
class Seen:
    """The draft that somebody looked at: its ``tag`` (None: as it stands by now).

    With ``force`` the change counts where others changed the same place.
    """

    tag: int | None = None
    force: bool = False


AS_IT_STANDS = Seen()


def seen_draft(uow: UnitOfWork, kind: str, key: str, seen: Seen) -> Raw:
    """The draft as it was when it was looked at.

    NotFound without such a definition; VersionConflict, naming who was faster, when that draft is
    no longer held.
    """
    now = store.get_draft(uow, kind, key)
    if seen.tag is None or seen.tag == now.tag:
        return now.raw
    then = draft_log.body_at(uow, (kind, key), seen.tag)
    if then is None:
        raise store.outdated(now, key)
    return then


def edit(
    uow: UnitOfWork, access: Access, kind: str, key: str,
    change: Callable[[Raw], Raw], seen: Seen = AS_IT_STANDS,
) -> Draft:  # fmt: skip
    """Make ``change`` on the draft that was seen, and keep it with what others did since.

    Raises DraftClash when both changed the same place, Invalid when the outcome would not have
    the shape of its kind. A change that changes nothing saves nothing.
    """
    access.require(kinds.get(kind).capability)
    now = store.get_draft(uow, kind, key)
    changed = change(seen_draft(uow, kind, key, seen))
    if seen.tag is not None:
        changed = store.bring_together(uow, access, now, changed, seen.tag, force=seen.force)
    return now if changed == now.raw else store.save_draft(uow, access, kind, changed)
