"""The page of backups: the last good one, one more now, download, restore, how long they stay."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from flask import Blueprint, Response, request, send_file, url_for
from flask.typing import ResponseReturnValue

from regulars.platform.accounts import audit
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import current_person, workspace_page
from regulars.platform.accounts.web.confirmation import confirmed
from regulars.platform.backups import asking, records
from regulars.platform.backups.after import resume_sending, waiting_work
from regulars.platform.backups.asking import CAPABILITY, LARGEST_UPLOAD
from regulars.platform.backups.plans import Plan
from regulars.platform.backups.records import Backup
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid, NotFound, RegularsError
from regulars.platform.hold import find_hold
from regulars.platform.web.flash import flash
from regulars.platform.web.form_errors import errors_by_field
from regulars.platform.web.htmx import go_to
from regulars.platform.web.installation import installation
from regulars.platform.web.preferences import current_locale
from regulars.platform.web.rendering import render
from regulars.platform.web.shell import NavItem, Notice

blueprint = Blueprint("backups", __name__, url_prefix="/w/<workspace>/settings")
Errors = dict[str, list[str]]

LATE_AFTER = timedelta(days=3)


@blueprint.get("/backups")
@workspace_page(CAPABILITY, at_rest=True)
def index(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Everything about the backups of this workspace."""
    return _page(uow, access)


@blueprint.get("/backups/list")
@workspace_page(CAPABILITY, at_rest=True)
def progress(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """The list alone, asked for again while something is under way."""
    return render("backups/_list.html", backups=asking.list_backups(uow, access))


@blueprint.post("/backups")
@workspace_page(CAPABILITY, writes=False, at_rest=True)
def make(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """One more, now."""
    asking.ask_backup(uow, access)
    return go_to(url_for("backups.index"))


@blueprint.post("/backups/plan")
@workspace_page(CAPABILITY, writes=False)
def plan(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """How often, and how long they stay."""
    form = request.form
    numbers = {name: _number(form.get(name, "")) for name in ("hour", "keep_days", "keep_weeks")}
    try:
        asking.change_plan(uow, access, Plan("daily" in form, **numbers))
    except Invalid as invalid:
        return _page(uow, access, 422, errors_by_field(invalid.problems))
    flash("common.saved")
    return go_to(url_for("backups.index"))


@blueprint.get("/backups/<int:backup_id>/file")
@confirmed
@workspace_page(CAPABILITY, at_rest=True)
def download(uow: UnitOfWork, access: Access, backup_id: int) -> Response:
    """The archive itself: everything there is, so the password is asked for first."""
    return send_backup(uow, access, asking.get_backup(uow, access, backup_id))


@blueprint.post("/backups/upload")
@workspace_page(CAPABILITY, writes=False, max_body=LARGEST_UPLOAD)
def upload(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Take in a file from outside, to be restored from the list."""
    file = request.files.get("file")
    if file is None or not file.filename:
        words = {"file": [_words("no-file")]}
        return _page(uow, access, 422, words)
    try:
        asking.take_in(uow, access, installation().config.backup_dir, file.stream)
    except RegularsError as refused:
        return _page(uow, access, 422, {"file": [refused.message(current_locale())]})
    flash("backups.taken-said")
    return go_to(url_for("backups.index"))


@blueprint.get("/backups/<int:backup_id>/restore")
@workspace_page(CAPABILITY)
def ask_restore(uow: UnitOfWork, access: Access, backup_id: int) -> ResponseReturnValue:
    """What will happen, and the name to type."""
    return _restore_page(asking.get_backup(uow, access, backup_id))


@blueprint.post("/backups/<int:backup_id>/restore")
@confirmed
@workspace_page(CAPABILITY, writes=False)
def restore(uow: UnitOfWork, access: Access, backup_id: int) -> ResponseReturnValue:
    """Have it done."""
    person = current_person()
    confirm = request.form.get("confirm", "")
    try:
        asking.ask_restore(uow, access, backup_id, confirm, person.id if person else None)
    except Invalid as invalid:
        chosen = asking.get_backup(uow, access, backup_id)
        return _restore_page(chosen, 422, errors_by_field(invalid.problems))
    audit.note_apart(uow, access, "restore-asked", _name_of(uow, backup_id, access))
    flash("backups.restore-said")
    return go_to(url_for("backups.index"))


@blueprint.post("/backups/resume")
@workspace_page("manage_workspace")
def resume(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Rules run and messages leave again."""
    resume_sending(uow, access, drop=request.form.get("waiting") != "send")
    flash("backups.resumed-said")
    return go_to(url_for("backups.index"))


@blueprint.get("/delete")
@workspace_page("manage_workspace", at_rest=True)
def ask_deletion(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """What deleting means, and the name to type."""
    return render("backups/delete.html", errors={}, place=uow.workspace)


@blueprint.post("/delete")
@confirmed
@workspace_page("manage_workspace", writes=False, at_rest=True)
def delete(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Have a last backup made, and the workspace deleted after it."""
    try:
        asking.ask_deletion(uow, access, request.form.get("confirm", ""))
    except Invalid as invalid:
        errors = errors_by_field(invalid.problems)
        return render("backups/delete.html", 422, errors=errors, place=uow.workspace)
    flash("workspaces.delete-said", name=uow.workspace.name)
    return go_to(url_for("home.workspaces"))


def _name_of(uow: UnitOfWork, backup_id: int, access: Access) -> str:
    return file_name(uow, asking.get_backup(uow, access, backup_id))


def file_name(uow: UnitOfWork, chosen: Backup) -> str:
    """What a backup is called outside of this house."""
    return f"{uow.workspace.key}-{chosen.created_at:%Y-%m-%d-%H%M}.tar.gz"


def send_backup(uow: UnitOfWork, access: Access, chosen: Backup) -> Response:
    """The file of a good backup as a download; NotFound where this machine does not have it.

    That it left stands in the log, in a transaction of its own: a download only reads.
    """
    path = installation().config.backup_dir / chosen.file
    if chosen.state != "good" or not path.is_file():
        raise NotFound("no-backup-file")
    name = file_name(uow, chosen)
    audit.note_apart(uow, access, "backup-downloaded", name)
    return send_file(path, "application/gzip", as_attachment=True, download_name=name)


def nav(uow: UnitOfWork, access: Access) -> Iterator[NavItem]:
    """The line of the navigation."""
    if access.can(CAPABILITY):
        url = url_for("backups.index")
        yield NavItem(
            url, "hard-drive", "backups.title", section="nav.section-settings", order=935
        )


def notices(uow: UnitOfWork, access: Access) -> Iterator[Notice]:
    """Above every page: sending is paused; for owners also: there is no fresh backup."""
    where = url_for("backups.index") if access.can(CAPABILITY) else ""
    held = find_hold(uow)
    if held is not None and held.is_restore:
        yield Notice("backups.held-notice", "warning", {}, where, "backups.held-look")
    elif held is not None and request.endpoint != "home.workspace_home":  # it tells more itself
        today = url_for("home.workspace_home", workspace=uow.workspace.key)
        yield Notice("today.held", "warning", {}, today, "backups.stopped-look")
    if where and _is_late(uow):
        yield Notice("backups.late-notice", "warning", {}, where, "backups.late-look")


def _is_late(uow: UnitOfWork) -> bool:
    """Whether the nightly backup is wanted and has not succeeded for days."""
    with uow.database.main_tx(write=False) as connection:
        if not records.plan_of(connection, uow.workspace.id).daily:
            return False
        known = records.of_workspace(connection, uow.workspace.id)
    mine = [each for each in known if each.kind != "taken"]
    good = [each.created_at for each in mine if each.state == "good"]
    return bool(mine) and max(good, default=mine[-1].created_at) + LATE_AFTER < uow.now


def _page(
    uow: UnitOfWork, access: Access, status: int = 200, errors: Errors | None = None
) -> Response:
    known = asking.list_backups(uow, access)
    with uow.database.main_tx(write=False) as connection:
        wanted = records.plan_of(connection, uow.workspace.id)
    held = find_hold(uow)
    held = held if held is not None and held.is_restore else None
    return render(
        "backups/backups.html",
        status,
        backups=known,
        last=next((e for e in known if e.state == "good" and e.kind != "taken"), None),
        plan=wanted,
        held=held,
        waiting=waiting_work(uow) if held else 0,
        errors=errors or {},
        values=request.form,
        place=uow.workspace,
    )


def _restore_page(chosen: Backup, status: int = 200, errors: Errors | None = None) -> Response:
    return render("backups/restore.html", status, backup=chosen, errors=errors or {})


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 4 else -1


def _words(code: str) -> str:
    return NotFound(code).message(current_locale())
