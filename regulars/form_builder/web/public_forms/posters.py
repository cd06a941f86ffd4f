"""The code of a link: as a poster to hang up, one page for each store, and as a picture."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cache
from importlib import resources

import segno
from flask import Response, render_template

from regulars.form_builder.public_forms.definition import PublicForm
from regulars.form_builder.public_forms.kind import KIND
from regulars.form_builder.public_forms.links import Link
from regulars.form_builder.web.printing.drawing import pdf_of_page
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.web.headers import public_url

PDF, PNG = "application/pdf", "image/png"
_SQUARES = 16  # pixels of one square: sharp on a printed flyer, too


def poster_answer(uow: UnitOfWork, key: str, links: Sequence[Link]) -> Response:
    """Posters as a file, a page for each link; NoTypesetter where this machine sets no pages."""
    public: PublicForm = snapshot(uow).get(KIND, key)
    html = render_template(
        "public_forms/posters.html", public=public, shop=uow.workspace,
        pages=[(link, public_url(link.path)) for link in links], spoken=uow.workspace.locale,
    )  # fmt: skip
    return _file(pdf_of_page(html, _style()), PDF, f"{key}.pdf")


def code_answer(link: Link) -> Response:
    """The code alone as a picture, for flyers and screens."""
    drawn = io.BytesIO()
    segno.make(public_url(link.path), micro=False, error="m").save(
        drawn, kind="png", scale=_SQUARES, border=4
    )
    return _file(drawn.getvalue(), PNG, f"{link.public_form}-{link.id}.png")


def _file(content: bytes, media_type: str, name: str) -> Response:
    answer = Response(content, mimetype=media_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@cache
def _style() -> str:
    return (resources.files("regulars") / "static/css/posters.css").read_text("utf-8")
