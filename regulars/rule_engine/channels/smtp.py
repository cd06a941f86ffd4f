"""smtp: mail through the shop's own server, or that of the installation. At most once: a mail in
doubt is never repeated."""

from __future__ import annotations

import socket
from html import escape

from regulars.platform.mailer import Mail, Mailer, MailRefused, MailUnknown, SmtpMailer
from regulars.platform.safe_http import AddressRefused, Door, NotReached
from regulars.rule_engine.channels.account_provider import AccountProvider
from regulars.rule_engine.channels.accounts import Account, account_for
from regulars.rule_engine.channels.base import Outgoing, SendFailed, SendUnknown, Surroundings
from regulars.rule_engine.channels.settings import Setting
from regulars.rule_engine.markdown import to_html, to_text
from regulars.rule_engine.opting_out import HEADER_PART, PIXEL_PART

TLS_PORT = "465"


class SmtpProvider(AccountProvider):
    """Sends the e-mail channel. The key becomes the Message-ID.

    A shop without a server of its own uses that of the installation, where there is one.
    """

    name = "smtp"
    channels = frozenset({"email"})
    account_optional = True
    fields = (
        Setting("host", "host", binds=True),
        Setting("port", "choice", options=("587", TLS_PORT, "25", "2525"), default="587"),
        Setting("sender", "sender"),
        Setting("user", required=False, binds=True),
        Setting("password", "secret", required=False),
        Setting("local", "flag", required=False, binds=True),
    )

    def is_ready(self, surroundings: Surroundings) -> bool:
        return surroundings.mailer is not None or surroundings.seal is not None

    def send(self, outgoing: Outgoing, surroundings: Surroundings) -> str | None:
        mail = Mail(
            to=outgoing.address,
            subject=" ".join(outgoing.parts["subject"].split()),
            text=to_text(outgoing.parts["markdown"]),
            html=to_html(outgoing.parts["markdown"]) + _pixel(outgoing),
            key=outgoing.key.replace(":", "."),
            headers=_way_out(outgoing),
        )
        try:
            return self._server(outgoing, surroundings).send(mail)
        except AddressRefused as refused:
            raise SendFailed(
                "address-refused", refused.code, permanent=False, trip=True
            ) from refused
        except MailRefused as error:
            raise SendFailed(
                "provider-refused", error.answer, permanent=error.permanent
            ) from error
        except MailUnknown as error:
            raise SendUnknown(str(error)) from error

    def _server(self, outgoing: Outgoing, surroundings: Surroundings) -> Mailer:
        """The shop's own server; else that of the installation."""
        if outgoing.prepared.get("account"):
            return self._own(account_for(self, outgoing.prepared, surroundings))
        if surroundings.mailer is None:
            raise SendFailed("no-mail-server", permanent=False, trip=True)
        return surroundings.mailer

    def _own(self, account: Account) -> SmtpMailer:
        own, door = account.settings, self.door(account)

        def reach(host: str, port: int, _timeout: float) -> socket.socket:
            """Only where a shop may call: not into our own network, unless it says so."""
            try:
                return door.connect(host, port)
            except NotReached as error:
                raise OSError(str(error)) from error

        return SmtpMailer(
            own["host"], int(own["port"]), own["sender"], own.get("user", ""),
            account.secrets.get("password", ""), own["port"] == TLS_PORT, reach=reach,
            must_encrypt=own.get("local") is not True,
        )  # fmt: skip

    def door(self, account: Account) -> Door:
        if self._door is not None or account.settings.get("local") is not True:
            return self._door or Door()
        return Door(frozenset({account.settings["host"].casefold()}))


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
