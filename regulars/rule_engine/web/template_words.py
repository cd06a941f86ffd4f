"""What the templates of rules ask for by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from markupsafe import Markup

from regulars.platform.i18n import find_text
from regulars.platform.web.preferences import current_locale
from regulars.platform.web.rendering import translate
from regulars.rule_engine.markdown import to_html
from regulars.rule_engine.policy import COST_UNIT
from regulars.rule_engine.web.blueprints import pages


@pages.app_template_global("reason_words")
def reason_words(found: Mapping[str, Any], area: str) -> str:
    """Why a run (area ``rules``) or a message (area ``messages``) did not go on, in words."""
    params = {name: value for name, value in found.items() if name != "code"}
    return translate(f"{area}.reason.{found['code']}", **params)


_BRACES = re.compile(r"\{[^{}|]*(?:\|([^{}]*))?\}")


@pages.app_template_global("text_gist")
def text_gist(text: str) -> str:
    """A message text for a list: what fills the braces shows as what stands in, or as dots."""
    return _BRACES.sub(lambda found: found[1] or "…", text)


@pages.app_template_global("told_lines")
def told_lines(values: Mapping[str, Any]) -> str:
    """What a program is told, as it is typed: a name and a value in each line."""
    lines = []
    for name, value in values.items():
        computed = isinstance(value, Mapping) and "formula" in value
        lines.append(f"{name} ={value['formula']}" if computed else f"{name} {value}")
    return "\n".join(lines)


@pages.app_template_global("moment_of")
def moment_of(written: str) -> datetime:
    """The moment a step wrote into its trace (ISO 8601 with its offset)."""
    return datetime.fromisoformat(written)


@pages.app_template_filter("as_mail")
def as_mail(markdown: str) -> Markup:
    """The text of a mail as its reader sees it; what is no layout of ours stays text."""
    return Markup(to_html(markdown))  # noqa: S704 - to_html escapes everything


@pages.app_template_global("message_cost")
def message_cost(cost: int) -> Decimal:
    """What a message cost, as money."""
    return Decimal(cost) / COST_UNIT


@pages.app_template_global("suppression_reason")
def suppression_reason(reason: str) -> str:
    """Why an address is on the list, as far as that was noted."""
    locale = current_locale()
    return find_text(f"suppressions.reason.{reason}", locale) or translate(
        "suppressions.reason.unnamed"
    )
