"""What pages and commands ask for: look into a backup, bring it back here, there, or as a copy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy.exc import DataError, IntegrityError

from regulars.platform.backups.archive import BadArchive, read_manifest
from regulars.platform.backups.deleting import drop_workspace
from regulars.platform.backups.restoring import Restoring, restore_accounts, restore_workspaces
from regulars.platform.db import Database, Workspace
from regulars.platform.errors import Conflict, NotFound
from regulars.platform.workspaces import create_workspace, free_key, get_workspace, list_workspaces

T = TypeVar("T")


@dataclass(frozen=True)
class Offer:
    """What a backup holds. ``workspaces`` by the name of their store in the archive."""

    path: Path
    scope: str
    made_at: datetime
    version: str
    needs: tuple[str, ...]
    workspaces: Mapping[str, Mapping[str, Any]]

    def only_store(self, key: str | None = None) -> str:
        """The store of one workspace: the one with this key, or the only one there is."""
        stores = [s for s, about in self.workspaces.items() if key in (None, about["key"])]
        if not stores:
            raise NotFound("backup-without-workspace", key=key or "")
        if len(stores) > 1:
            raise Conflict("backup-of-several", keys=[w["key"] for w in self.workspaces.values()])
        return stores[0]


def look_into(path: Path) -> Offer:
    """Read what a backup says of itself; BadArchive when it is none of ours."""
    manifest = read_manifest(path)
    try:
        return Offer(
            path,
            str(manifest["scope"]),
            datetime.fromisoformat(manifest["made_at"]),
            str(manifest["version"]),
            tuple(map(str, manifest["needs"])),
            {str(store): dict(about) for store, about in manifest["workspaces"].items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise BadArchive("backup-unknown") from None


def restore_over(offer: Offer, place: Workspace, job: Restoring, store: str | None = None) -> int:
    """Fill an existing workspace; its key, its name and its settings stay as they are."""
    return _run(offer, lambda: restore_workspaces(job, {store or offer.only_store(): place}))


def restore_as_new(offer: Offer, job: Restoring, *, name: str = "", key: str = "") -> Workspace:
    """A new workspace out of a backup; under its old key where that is free."""
    store = offer.only_store() if not key else offer.only_store(key)
    about = dict(offer.workspaces[store])
    wanted = str(about.pop("key"))
    about["name"] = name or about["name"]
    made = create_workspace(job.database, free_key(job.database, wanted), **about)
    try:
        restore_over(offer, made, job, store)
    except BaseException:
        drop_workspace(job.database, made, now=job.now)  # nobody has seen it yet
        raise
    return made


def restore_everything(offer: Offer, job: Restoring) -> list[Workspace]:
    """People, keys and all workspaces as they were; what is here now is replaced.

    The accounts come last: a restore that was interrupted is simply done again.
    """
    if offer.scope != "installation":
        raise BadArchive("backup-without-accounts")
    targets = {store: _as_it_was(store, about) for store, about in offer.workspaces.items()}
    whole = replace(job, members="keep", keeper=None)

    def work() -> list[Workspace]:
        if targets:
            restore_workspaces(whole, targets)
        restore_accounts(whole)
        return list_workspaces(job.database, archived=True)

    return _run(offer, work)


def target_of(database: Database, offer: Offer, key: str | None) -> Workspace | None:
    """The workspace here that a backup's workspace would replace, or None."""
    wanted = key or str(offer.workspaces[offer.only_store()]["key"])
    try:
        return get_workspace(database, wanted)
    except NotFound:
        return None


def _as_it_was(store: str, about: Mapping[str, Any]) -> Workspace:
    number = store.removeprefix("w_")
    if not number.isdecimal():
        raise BadArchive("backup-unknown")
    return Workspace(int(number), **about)


def _run(offer: Offer, work: Callable[[], T]) -> T:
    try:
        return work()
    except (IntegrityError, DataError):
        raise BadArchive("backup-foreign", member=offer.path.name) from None
