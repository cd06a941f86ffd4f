"""Putting a workspace to rest and taking it back: what its owners find below its settings."""

from __future__ import annotations

from collections.abc import Iterator

from flask import url_for
from flask.typing import ResponseReturnValue

from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.accounts.web.confirmation import confirmed
from regulars.platform.accounts.web.settings import blueprint
from regulars.platform.db import UnitOfWork
from regulars.platform.web.flash import flash
from regulars.platform.web.htmx import go_to
from regulars.platform.web.shell import Notice
from regulars.platform.workspaces import archive_workspace, reopen_workspace


@blueprint.post("/archive")
@confirmed
@workspace_page("manage_workspace", writes=False)
def archive(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """From the next moment on nothing runs here and nothing changes."""
    archive_workspace(uow.database, uow.workspace, now=uow.now)
    flash("workspaces.archived-said", name=uow.workspace.name)
    return go_to(url_for("settings.workspace"))


@blueprint.post("/reopen")
@workspace_page("manage_workspace", writes=False, at_rest=True)
def reopen(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Take it back into use."""
    reopen_workspace(uow.database, uow.workspace)
    flash("workspaces.reopened-said", name=uow.workspace.name)
    return go_to(url_for("settings.workspace"))


def notices(uow: UnitOfWork, access: Access) -> Iterator[Notice]:
    """Above every page of a workspace at rest: why nothing can be changed."""
    if uow.workspace.archived_at is not None:
        where = url_for("settings.workspace")
        yield Notice("workspaces.archived-notice", "info", {}, where, "workspaces.to-settings")
