"""Every message that needs consent says how to end it, whoever wrote its text.

A text that says so itself, with ``{link:opt_out}`` or a reply keyword, is left as it is. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping

from regulars.platform.i18n import translate
from regulars.rule_engine.links import LinkWriter
from regulars.rule_engine.replies_words import names_a_way_out

HEADER_PART = "opt_out"
"""The part of a mail's body that becomes its List-Unsubscribe header."""


PIXEL_PART = "opened"
"""The part of a mail's body that becomes an invisible picture, where the shop asks for it."""


def with_way_out(
    body: Mapping[str, str], channel: str, locale: str, links: LinkWriter
) -> dict[str, str]:
    """The parts of a message, with the way out added where the text names none."""
    if channel == "email":
        address = links.opt_out()
        text = body["markdown"]
        if address not in text:
            words = translate("messages.opt-out-mail", locale)
            text = f"{text.rstrip()}\n\n[{words}]({address})"
        return {**body, "markdown": text, HEADER_PART: address}
    has_link = any(row["kind"] == "opt_out" for row in links.rows)
    if has_link or names_a_way_out(body["text"]):
        return dict(body)
    return {**body, "text": f"{body['text'].rstrip()} {translate('messages.opt-out-sms', locale)}"}
