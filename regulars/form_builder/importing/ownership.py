"""Whose import it is: a file may hold records of every store, so that not everybody looks in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.importing import files
from regulars.form_builder.importing.files import StoredFile
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import NotFound


def may_look_into(uow: UnitOfWork, access: Access, actor: str | None) -> bool:
    """Whether somebody may see an import of ``actor``: their own, else who sees everything."""
    return actor == access.actor or sees_everything(access, catalog_of(uow).forms)


def sees_everything(access: Access, forms: Iterable[str]) -> bool:
    """Whether no record and no field of these forms is closed to somebody."""
    if access.held.narrows_fields:
        return False
    return all(access.scope(form, "read") == "all" for form in forms)


def get_own_file(uow: UnitOfWork, access: Access, file_id: int) -> StoredFile:
    """An uploaded file; NotFound when it is somebody else's and could show too much."""
    found = files.get_file(uow, file_id)
    if not may_look_into(uow, access, found.actor):
        raise NotFound()
    return found


def actor_of(kept: Mapping[str, Any]) -> str:
    """How history names the one who asked for an import."""
    if kept["kind"] == "member":
        return f"member:{kept['member_id']}"
    return f"token:{kept['token_id']}" if kept["kind"] == "token" else str(kept["kind"])
