"""Comments on a record's page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from regulars.form_builder.comments import service
from regulars.form_builder.comments.blueprints import pages
from regulars.form_builder.comments.service import Comment
from regulars.platform.accounts import members
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.platform.web.flash import flash
from regulars.platform.web.form_errors import errors_by_field
from regulars.platform.web.htmx import go_to, is_htmx
from regulars.platform.web.rendering import render


@pages.get("/records/<int:record_id>/comments")
@workspace_page("read_records")
def show(uow: UnitOfWork, access: Access, form_key: str, record_id: int) -> ResponseReturnValue:
    """The comments on a record, and the room to write one."""
    return _shown(uow, access, form_key, record_id)


@pages.post("/records/<int:record_id>/comments")
@workspace_page("read_records")
def add(uow: UnitOfWork, access: Access, form_key: str, record_id: int) -> ResponseReturnValue:
    """Write a comment."""
    text = request.form.get("text", "")
    try:
        service.add_comment(uow, access, form_key, record_id, text)
    except Invalid as invalid:
        errors = errors_by_field(invalid.problems)
        return _shown(uow, access, form_key, record_id, text, errors)
    if is_htmx():  # to go to the page one is on would not load it anew
        return _shown(uow, access, form_key, record_id)
    return go_to(_home(form_key, record_id))


@pages.post("/comments/<int:comment_id>/change")
@workspace_page("read_records")
def change(uow: UnitOfWork, access: Access, form_key: str, comment_id: int) -> ResponseReturnValue:
    """Write one's own comment anew."""
    made = service.change_comment(uow, access, form_key, comment_id, request.form.get("text", ""))
    return go_to(_home(form_key, made.record))


@pages.post("/comments/<int:comment_id>/remove")
@workspace_page("read_records")
def remove(uow: UnitOfWork, access: Access, form_key: str, comment_id: int) -> ResponseReturnValue:
    """Take a comment away."""
    gone = service.remove_comment(uow, access, form_key, comment_id)
    flash("comments.removed")
    return go_to(_home(form_key, gone.record))


@pages.app_template_filter("with_mentions")
def with_mentions(comment: Comment, names: dict[int, str]) -> Markup:
    """The text with the colleagues it asks set off."""
    text = escape(comment.text)
    for each in sorted((names.get(n, "") for n in comment.mentions), key=len, reverse=True):
        for sign in ("@", "＠"):
            named = escape(f"{sign}{each}")
            text = text.replace(named, Markup('<b class="mention">{}</b>').format(f"{sign}{each}"))
    return text


def _shown(
    uow: UnitOfWork, access: Access, form_key: str, record_id: int, text: str = "",
    errors: Any = None,
) -> ResponseReturnValue:  # fmt: skip
    found = service.list_comments(uow, access, form_key, record_id)
    team = members.list_members(uow)
    return render(
        "form_builder/_comments.html", 422 if errors else 200, comments=found, form_key=form_key,
        record_id=record_id, text=text, errors=errors or {},
        names={each.id: each.name for each in team}, others=_others(access, team),
    )  # fmt: skip


def _others(access: Access, team: Iterable[members.Member]) -> list[str]:
    return [each.name for each in team if each.active and f"member:{each.id}" != access.actor]


def _home(form_key: str, record_id: int) -> str:
    return url_for("records.show", form_key=form_key, record_id=record_id) + "#comments"
