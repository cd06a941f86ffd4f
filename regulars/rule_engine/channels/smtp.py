"""smtp: mail through the shop's own server. At most once: a doubtful mail is never repeated."""

from __future__ import annotations

from regulars.platform.mailer import Mail, MailRefused, MailUnknown
from regulars.rule_engine.channels.base import (
    Outgoing,
    Provider,
    SendFailed,
    SendUnknown,
    Surroundings,
)
from regulars.rule_engine.markdown import to_html


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
            text=outgoing.parts["markdown"],
            html=to_html(outgoing.parts["markdown"]),
            key=outgoing.key.replace(":", "."),
        )
        try:
            return surroundings.mailer.send(mail)
        except MailRefused as error:
            raise SendFailed(
                "provider-refused", error.answer, permanent=error.permanent
            ) from error
        except MailUnknown as error:
            raise SendUnknown(str(error)) from error
