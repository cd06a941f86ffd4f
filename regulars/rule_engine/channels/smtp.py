"""smtp: mail through the shop's own server. At most once: a doubtful mail is never repeated."""

from __future__ import annotations

from html import escape

from regulars.platform.mailer import Mail, MailRefused, MailUnknown
from regulars.rule_engine.channels.base import (
    Outgoing,
    Provider,
    SendFailed,
    SendUnknown,
    Surroundings,
)
from regulars.rule_engine.markdown import to_html, to_text
from regulars.rule_engine.opting_out import HEADER_PART, PIXEL_PART


class SmtpProvider(Provider):
    """Sends the e-mail channel. The key becomes the Message-ID."""

    name = "smtp"
    channels = frozenset({"email"})

    def is_ready(self, surroundings: Surroundings) -> bool:
        return surroundings.mailer is not None

    def send(self, outgoing: Outgoing, surroundings: Surroundings) -> str | None:
        if surroundings.mailer is None:
            raise SendFailed("no-mail-server", permanent=False)
        mail = Mail(
            to=outgoing.address,
            subject=" ".join(outgoing.parts["subject"].split()),
            text=to_text(outgoing.parts["markdown"]),
            html=to_html(outgoing.parts["markdown"]) + _pixel(outgoing),
            key=outgoing.key.replace(":", "."),
            headers=_way_out(outgoing),
        )
        try:
            return surroundings.mailer.send(mail)
        except MailRefused as error:
            raise SendFailed(
                "provider-refused", error.answer, permanent=error.permanent
            ) from error
        except MailUnknown as error:
            raise SendUnknown(str(error)) from error


def _pixel(outgoing: Outgoing) -> str:
    """Off unless the shop has asked for it; a reader that loads no pictures tells nothing."""
    address = outgoing.parts.get(PIXEL_PART)
    if address is None:
        return ""
    return f'<img src="{escape(address)}" width="1" height="1" alt="">'


def _way_out(outgoing: Outgoing) -> dict[str, str]:
    """The headers by which mail programs offer "unsubscribe" with one click (RFC 8058)."""
    address = outgoing.parts.get(HEADER_PART)
    if address is None:
        return {}
    return {
        "List-Unsubscribe": f"<{address}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
