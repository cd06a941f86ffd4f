"""Where somebody is led who came for a definition whose draft cannot be understood any more."""

from __future__ import annotations

from flask import request, url_for
from werkzeug.wrappers import Response

from regulars.platform.definitions.damage import DamagedDraft
from regulars.platform.web.definition_homes import definition_homes
from regulars.platform.web.htmx import go_to, is_htmx

PAGE = "definitions.damaged"


def damaged_page(damaged: DamagedDraft) -> Response:
    """The page that shows what is stored; the words alone where no page was asked for."""
    has_page = damaged.kind in definition_homes
    if not has_page or request.method != "GET" or is_htmx() or request.endpoint == PAGE:
        raise damaged
    return go_to(url_for(PAGE, kind=damaged.kind, key=damaged.key))
