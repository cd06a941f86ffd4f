"""The API of comments: what the team writes on a record."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from flask.typing import ResponseReturnValue

from regulars.form_builder.comments import service
from regulars.form_builder.comments.blueprints import api
from regulars.form_builder.comments.service import Comment
from regulars.form_builder.plain_values import plain_json
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_api
from regulars.platform.db import UnitOfWork
from regulars.platform.web.api_body import read_query, read_shaped
from regulars.platform.web.api_route import (
    ID,
    INSTANT,
    TEXT,
    Schema,
    array,
    describe,
    listing,
    named,
    nullable,
    obj,
)

COMMENT: Schema = named(
    "Comment",
    obj(
        {
            "id": ID, "form": TEXT, "record": ID, "text": TEXT, "mentions": array(ID),
            "actor": TEXT, "name": TEXT, "at": INSTANT, "edited_at": nullable(INSTANT),
        }
    ),
)  # fmt: skip
WORDS = obj({"text": TEXT})
QUERY: dict[str, Schema] = {"before": ID}


@api.get("/records/<int:record_id>/comments")
@workspace_api("read_records")
@describe("comments", listing("comments", COMMENT), query=QUERY)
def list_all(
    uow: UnitOfWork, access: Access, form_key: str, record_id: int
) -> ResponseReturnValue:
    """The latest comments on a record, oldest first; ``before`` an id: those before it."""
    below = read_query(request, QUERY).get("before")
    found = service.list_comments(uow, access, form_key, record_id, below=below)
    return {"comments": [comment_json(each) for each in found]}


@api.post("/records/<int:record_id>/comments")
@workspace_api("read_records")
@describe("comments", {201: COMMENT}, body=WORDS)
def add(uow: UnitOfWork, access: Access, form_key: str, record_id: int) -> ResponseReturnValue:
    """Write a comment; ``@`` and the name of a colleague gives them a task."""
    text = read_shaped(request, WORDS)["text"]
    return comment_json(service.add_comment(uow, access, form_key, record_id, text)), 201


@api.put("/comments/<int:comment_id>")
@workspace_api("read_records")
@describe("comments", COMMENT, body=WORDS)
def change(uow: UnitOfWork, access: Access, form_key: str, comment_id: int) -> ResponseReturnValue:
    """Write one's own comment anew."""
    text = read_shaped(request, WORDS)["text"]
    return comment_json(service.change_comment(uow, access, form_key, comment_id, text))


@api.delete("/comments/<int:comment_id>")
@workspace_api("read_records")
@describe("comments", {204: None})
def remove(uow: UnitOfWork, access: Access, form_key: str, comment_id: int) -> ResponseReturnValue:
    """Take one's own comment away; who manages the workspace may take away any."""
    service.remove_comment(uow, access, form_key, comment_id)
    return Response(status=204)


def comment_json(found: Comment) -> dict[str, Any]:
    """A comment as outside clients read it."""
    plain = {name: plain_json(value) for name, value in vars(found).items()}
    return {**plain, "mentions": list(found.mentions)}
