"""The page on which a reader chooses when two people changed the same place of a definition."""

from __future__ import annotations

from flask import request
from werkzeug.wrappers import Response

from regulars.platform.definitions.places import place_words, side_words
from regulars.platform.definitions.store import DraftClash
from regulars.platform.web import csrf
from regulars.platform.web.definition_homes import edit_url
from regulars.platform.web.htmx import is_htmx
from regulars.platform.web.preferences import current_locale
from regulars.platform.web.rendering import render


def clash_page(clash: DraftClash, reader: str) -> Response:
    """Who changed the same place and what both want; what was sent can be sent again to win."""
    others = [name for name in clash.authors if name != reader]
    locale, theirs = current_locale(), clash.theirs
    rows = [
        {
            "place": place_words(theirs.kind, theirs.raw, each.path, locale),
            "mine": side_words(each.mine, locale),
            "theirs": side_words(each.theirs, locale),
        }
        for each in clash.clashes
    ]
    posted = [
        pair for pair in request.form.items(multi=True) if pair[0] not in ("force", csrf.FIELD)
    ]
    answer = render(
        "definitions/_clash.html" if is_htmx() else "definitions/clash.html", 409, rows=rows,
        authors=others or clash.authors, posted=posted, action=request.full_path.rstrip("?"),
        back=edit_url(theirs.kind, theirs.key),
    )  # fmt: skip
    if is_htmx():
        answer.headers.update({"HX-Retarget": "#content", "HX-Reswap": "innerHTML"})
    return answer
