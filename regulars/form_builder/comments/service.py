"""Writing, changing and finding comments. Naming somebody with ``@`` gives them a task.

Who may read a record may read and write its comments. A colleague who may not read it is not told
of it, however often they are named.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime

import sqlalchemy as sa

from regulars.form_builder.comments.tables import comment
from regulars.form_builder.field_types.base import BadValue, clean_text
from regulars.form_builder.records import get_record
from regulars.form_builder.records_seen import sees_record
from regulars.platform.accounts import members
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.members import Member
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Forbidden, Invalid, NotFound
from regulars.platform.i18n import translate
from regulars.platform.inserting import insert_new
from regulars.platform.problems import Problem
from regulars.platform.tasks.service import MAX_TITLE, NewTask, create_task

LONGEST = 4000
PAGE = 100
_AFTER_A_NAME = r"(?![^\W_])"


@dataclass(frozen=True)
class Comment:
    """One comment; ``name`` is what its writer was called when they wrote it."""

    id: int
    form: str
    record: int
    text: str
    mentions: Sequence[int]
    actor: str
    name: str
    at: datetime
    edited_at: datetime | None

    def is_of(self, access: Access) -> bool:
        """Whether this reader wrote it."""
        return self.actor == access.actor


def list_comments(
    uow: UnitOfWork, access: Access, form_key: str, record_id: int, *, below: int | None = None
) -> list[Comment]:
    """The latest comments on a record, oldest first; NotFound for who may not read it."""
    get_record(uow, access, form_key, record_id)
    about = [comment.c.form == form_key, comment.c.record == record_id]
    if below is not None:
        about.append(comment.c.id < below)
    found = sa.select(comment).where(*about).order_by(comment.c.id.desc()).limit(PAGE)
    return [_comment(row) for row in reversed(uow.execute(found).mappings().all())]


def add_comment(
    uow: UnitOfWork, access: Access, form_key: str, record_id: int, text: str
) -> Comment:
    """Write a comment; those it names who may read the record get a task."""
    record = get_record(uow, access, form_key, record_id)
    words = _checked(text)
    named = _readers(uow, form_key, record_id, mentioned(words, members.list_members(uow)))
    row = {
        "form": form_key, "record": record_id, "text": words,
        "mentions": [each.id for each in named], "actor": access.actor, "name": access.name,
        "at": uow.now, "edited_at": None,
    }  # fmt: skip
    made = int(insert_new(uow, comment, [row], "id")[0])
    written = _one(uow, form_key, made)
    _ask(uow, access, record.title, written, named)
    return written


def change_comment(
    uow: UnitOfWork, access: Access, form_key: str, comment_id: int, text: str
) -> Comment:
    """Write one's own comment anew; whoever is named for the first time gets a task."""
    old = _own(uow, access, form_key, comment_id)
    words = _checked(text)
    named = _readers(uow, form_key, old.record, mentioned(words, members.list_members(uow)))
    values = {"text": words, "mentions": [each.id for each in named], "edited_at": uow.now}
    uow.execute(comment.update().where(comment.c.id == comment_id).values(**values))
    now = _one(uow, form_key, comment_id)
    fresh = [each for each in named if each.id not in old.mentions]
    title = get_record(uow, access, form_key, old.record).title
    _ask(uow, access, title, now, fresh)
    return now


def remove_comment(uow: UnitOfWork, access: Access, form_key: str, comment_id: int) -> Comment:
    """Take one's own comment away; who manages the workspace may take away any."""
    old = _own(uow, access, form_key, comment_id, or_with="manage_workspace")
    uow.execute(comment.delete().where(comment.c.id == comment_id))
    return old


def mentioned(text: str, team: Sequence[Member]) -> list[Member]:
    """The active members whose name stands behind an ``@``; the longest name that fits. Pure."""
    people = sorted((each for each in team if each.active), key=lambda each: -len(each.name))
    found: dict[int, Member] = {}
    left = text.casefold()
    for each in people:
        name = re.escape(each.name.casefold())
        pattern = f"[@＠]{name}{_AFTER_A_NAME if each.name.isascii() else ''}"
        left, n = re.subn(pattern, " ", left)
        if n:
            found[each.id] = each
    return sorted(found.values(), key=lambda each: each.id)


def _readers(
    uow: UnitOfWork, form_key: str, record_id: int, named: Sequence[Member]
) -> list[Member]:
    return [
        each
        for each in named
        if sees_record(uow, members.member_access(uow, each), form_key, record_id)
    ]


def _ask(
    uow: UnitOfWork, access: Access, title: str, about: Comment, named: Sequence[Member]
) -> None:
    for each in named:
        if f"member:{each.id}" == access.actor:
            continue
        words = translate("comments.task", access.locale, name=access.name, title=title)
        wish = NewTask(
            words[:MAX_TITLE], about.text, form=about.form, record=about.record, member=each.id,
            key=f"comment:{about.id}:{each.id}",
        )  # fmt: skip
        create_task(uow, access, wish)


def _checked(text: str) -> str:
    try:
        words = clean_text(text, multiline=True)
    except BadValue as bad:
        raise Invalid([Problem("text", bad.code, bad.params)]) from None
    if words is None:
        raise Invalid([Problem("text", "required")])
    if len(words) > LONGEST:
        raise Invalid([Problem("text", "shape-max-length", {"n": LONGEST})])
    return words


def _own(
    uow: UnitOfWork, access: Access, form_key: str, comment_id: int, *, or_with: str = ""
) -> Comment:
    found = _one(uow, form_key, comment_id)
    get_record(uow, access, form_key, found.record)
    if not found.is_of(access) and not (or_with and access.can(or_with)):
        raise Forbidden("not-your-comment")
    return found


def _one(uow: UnitOfWork, form_key: str, comment_id: int) -> Comment:
    about = comment.c.id == comment_id, comment.c.form == form_key
    row = uow.execute(sa.select(comment).where(*about)).mappings().one_or_none()
    if row is None:
        raise NotFound("no-comment")
    return _comment(row)


def _comment(row: sa.RowMapping) -> Comment:
    return Comment(**{each.name: row[each.name] for each in fields(Comment)})
