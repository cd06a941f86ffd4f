"""Handing a mail to a mail server, and knowing afterwards whether it took it.

``REGULARS_SMTP_URL``: ``smtp://user:password@host:587/?from=Shop%20<shop@example.com>``; with
``smtp`` the connection is encrypted as soon as the server offers it, with ``smtps`` at once.
"""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, parseaddr
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from regulars.platform.clock import Clock, utc_now
from regulars.platform.config import BadConfig
from regulars.platform.safe_http import resolved

TIMEOUT_SECONDS = 20
MAX_SUBJECT = 250


@dataclass(frozen=True)
class Mail:
    """One mail to one person. ``key`` names it for ever and becomes its Message-ID."""

    to: str
    subject: str
    text: str
    key: str
    html: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class MailRefused(Exception):
    """The mail was not taken. ``permanent``: trying again will not help."""

    def __init__(self, answer: str, *, permanent: bool) -> None:
        super().__init__(answer)
        self.answer = answer
        self.permanent = permanent


class MailUnknown(Exception):
    """The connection broke after the mail was handed over; it may or may not be on its way."""


class Mailer(Protocol):
    """Whatever takes mails."""

    def send(self, mail: Mail) -> str:
        """Hand over one mail; its Message-ID. Raises MailRefused or MailUnknown."""


@dataclass
class MemoryMailer:
    """Keeps mails in a list, for tests."""

    outbox: list[Mail] = field(default_factory=list)

    def send(self, mail: Mail) -> str:
        """Keep it."""
        build(mail, "shop@example.com", utc_now)
        self.outbox.append(mail)
        return f"<{mail.key}@example.com>"


Reach = Callable[[str, int, float], socket.socket]
"""Connects to a host and port within so many seconds."""


def _reach(host: str, port: int, timeout: float) -> socket.socket:
    """The first address of the name that answers; asking for it has its limit, too."""
    failed: OSError = TimeoutError("The name has no address.")
    try:
        found = resolved(host, port, timeout)
    except UnicodeError as error:
        raise OSError(str(error)) from error
    for entry in found:
        try:
            return socket.create_connection((str(entry[4][0]), port), timeout)
        except OSError as error:
            failed = error
    raise failed


class _Connection(smtplib.SMTP):
    """A connection that is made by `Reach`."""

    def __init__(self, reach: Reach, host: str, port: int) -> None:
        self._reach = reach
        super().__init__(host, port, timeout=TIMEOUT_SECONDS)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self._reach(host, port, timeout)


class _TlsConnection(_Connection):
    """The same, encrypted from its first byte on."""

    def __init__(self, reach: Reach, host: str, port: int, tls: ssl.SSLContext) -> None:
        self._tls = tls
        super().__init__(reach, host, port)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        line = super()._get_socket(host, port, timeout)
        return self._tls.wrap_socket(line, server_hostname=host)


@dataclass(frozen=True)
class SmtpMailer:
    """Talks SMTP to one server; one connection per mail, so that each answer is about one mail.

    With ``must_encrypt`` a server that offers no encryption gets neither password nor mail.
    """

    host: str
    port: int
    sender: str
    user: str = ""
    password: str = ""
    implicit_tls: bool = False
    clock: Clock = utc_now
    reach: Reach = field(default=_reach, repr=False)
    must_encrypt: bool = False

    @classmethod
    def from_url(cls, url: str) -> SmtpMailer:
        """Read ``REGULARS_SMTP_URL``; BadConfig says what is wrong with it."""
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise BadConfig("REGULARS_SMTP_URL must look like smtp://user:password@host:587/")
        implicit = parts.scheme == "smtps"
        given = parse_qs(parts.query).get("from", [""])[0]
        sender = given or unquote(parts.username or "")
        if "@" not in parseaddr(sender)[1]:
            raise BadConfig("REGULARS_SMTP_URL needs ?from=shop@example.com")
        return cls(
            parts.hostname,
            parts.port or (465 if implicit else 587),
            sender,
            unquote(parts.username or ""),
            unquote(parts.password or ""),
            implicit,
        )

    def send(self, mail: Mail) -> str:
        """Hand over one mail and wait for the server's answer."""
        message = build(mail, self.sender, self.clock)
        connection = self._connect()
        try:
            _envelope(connection, parseaddr(self.sender)[1], mail.to)
            _body(connection, message.as_bytes())
        finally:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                connection.quit()
            connection.close()
        return str(message["Message-ID"])

    def _connect(self) -> smtplib.SMTP:
        tls = ssl.create_default_context()
        try:
            if self.implicit_tls:
                connection: smtplib.SMTP = _TlsConnection(self.reach, self.host, self.port, tls)
            else:
                connection = _Connection(self.reach, self.host, self.port)
            connection.ehlo_or_helo_if_needed()
            if not self.implicit_tls and connection.has_extn("starttls"):
                connection.starttls(context=tls)
            elif self.must_encrypt and not self.implicit_tls:
                connection.close()
                raise MailRefused("This server offers no encryption.", permanent=False)
            if self.user and self.password:
                connection.login(self.user, self.password)
        except smtplib.SMTPAuthenticationError as error:
            raise MailRefused(_said(error), permanent=False) from error
        except (smtplib.SMTPException, OSError) as error:
            raise MailRefused(str(error), permanent=False) from error
        return connection


def mailer_for(url: str) -> Mailer | None:
    """The mail server of the installation (``REGULARS_SMTP_URL``), None where none is named.

    Raises BadConfig.
    """
    return SmtpMailer.from_url(url) if url else None


def build(mail: Mail, sender: str, clock: Clock) -> EmailMessage:
    """The mail as it travels. A line break in a header is refused, so nobody adds a recipient."""
    name, address = parseaddr(sender)
    local, _, domain = address.rpartition("@")
    message = EmailMessage(policy=SMTP_POLICY)
    try:
        message["From"] = Address(name, local, domain)
        message["To"] = Address(addr_spec=mail.to)
        message["Subject"] = mail.subject[:MAX_SUBJECT]
        message["Message-ID"] = f"<{mail.key}@{domain}>"
        message["Date"] = format_datetime(clock())
        for header, value in mail.headers.items():
            message[header] = value
    except (ValueError, IndexError) as error:
        raise MailRefused(str(error), permanent=True) from error
    message.set_content(mail.text)
    if mail.html is not None:
        message.add_alternative(mail.html, subtype="html")
    return message


def _envelope(connection: smtplib.SMTP, sender: str, to: str) -> None:
    try:
        for code, answer in (connection.mail(sender), connection.rcpt(to)):
            if code >= 400:
                raise MailRefused(_text(answer), permanent=code >= 500)
    except (smtplib.SMTPException, OSError) as error:
        raise MailRefused(str(error), permanent=False) from error


def _body(connection: smtplib.SMTP, content: bytes) -> None:
    try:
        code, answer = connection.data(content)
    except smtplib.SMTPDataError as error:
        permanent = error.smtp_code >= 500
        raise MailRefused(_said(error), permanent=permanent) from error
    except (smtplib.SMTPException, OSError) as error:
        raise MailUnknown(str(error)) from error
    if code >= 400:
        raise MailRefused(_text(answer), permanent=code >= 500)


def _said(error: smtplib.SMTPResponseException) -> str:
    return f"{error.smtp_code} {_text(error.smtp_error)}"


def _text(answer: bytes | str) -> str:
    return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
