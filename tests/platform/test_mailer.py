"""Mail to a real server on this machine, which answers as each test wants."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes
from email.message import Message
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from regulars.platform.config import BadConfig
from regulars.platform.mailer import (
    Mail,
    MailRefused,
    MailUnknown,
    MemoryMailer,
    SmtpMailer,
)

MAIL = Mail("anna@example.com", "你好 Anna", "Dear Anna,\nwelcome.", "7.hello.0")


class Server:
    """Keeps what it takes; ``answers`` replace its yes at a stage of the conversation."""

    def __init__(self) -> None:
        self.taken: list[Message] = []
        self.answers: dict[str, str] = {}

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if "rcpt" in self.answers:
            return self.answers["rcpt"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if "data" not in self.answers:
            self.taken.append(message_from_bytes(envelope.content))
        return self.answers.get("data", "250 taken")


@pytest.fixture
def server() -> Server:
    """What happened at the server."""
    return Server()


@pytest.fixture
def mailer(server: Server) -> Iterator[SmtpMailer]:
    """A mailer connected to it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(server, hostname="127.0.0.1", port=port)
    controller.start()
    yield SmtpMailer("127.0.0.1", port, "回头客 <shop@example.com>")
    controller.stop()


def test_a_mail_arrives_as_it_was_written(server: Server, mailer: SmtpMailer) -> None:
    assert mailer.send(MAIL) == "<7.hello.0@example.com>"
    (got,) = server.taken
    assert got["Message-ID"] == "<7.hello.0@example.com>"
    assert got["To"] == "anna@example.com"
    assert got.get_payload(decode=True).decode().replace("\r\n", "\n") == MAIL.text + "\n"


@pytest.mark.parametrize(
    ("stage", "answer", "permanent"),
    [
        ("rcpt", "550 no such user", True),
        ("rcpt", "451 later", False),
        ("data", "554 spam", True),
        ("data", "452 full", False),
    ],
)
def test_a_refusal_says_whether_it_is_for_good(
    server: Server, mailer: SmtpMailer, stage: str, answer: str, permanent: bool
) -> None:
    server.answers[stage] = answer
    with pytest.raises(MailRefused) as caught:
        mailer.send(MAIL)
    assert caught.value.permanent is permanent
    assert answer.partition(" ")[2] in caught.value.answer
    assert server.taken == []


def test_a_server_without_encryption_gets_nothing_where_it_must_encrypt(
    server: Server, mailer: SmtpMailer
) -> None:
    with pytest.raises(MailRefused, match="no encryption"):
        replace(mailer, must_encrypt=True).send(MAIL)
    assert server.taken == []


def test_nobody_at_home_is_worth_another_try() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = SmtpMailer("127.0.0.1", taken.getsockname()[1], "shop@example.com")
        with pytest.raises(MailRefused) as caught:
            nobody.send(MAIL)
    assert not caught.value.permanent


def test_a_connection_that_breaks_after_the_mail_was_handed_over_leaves_doubt() -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def take_and_vanish() -> None:
        client, _address = listener.accept()
        with client, client.makefile("rwb") as stream:
            stream.write(b"220 hello\r\n")
            stream.flush()
            for line in stream:
                stream.write(b"354 go on\r\n" if line.startswith(b"data") else b"250 OK\r\n")
                stream.flush()
                if line == b".\r\n":
                    return
                if line.startswith(b"data"):
                    for text in stream:
                        if text == b".\r\n":
                            return

    thread = threading.Thread(target=take_and_vanish)
    thread.start()
    doubtful = SmtpMailer("127.0.0.1", listener.getsockname()[1], "shop@example.com")
    with pytest.raises(MailUnknown):
        doubtful.send(MAIL)
    thread.join(10)
    listener.close()


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "hi\r\nBcc: everybody@example.com"},
        {"to": "anna@example.com, eve@example.com"},
        {"to": "anna@example.com\r\nBcc: eve@example.com"},
        {"to": "not an address"},
        {"headers": {"X-Own": "a\nb"}},
    ],
)
def test_a_header_cannot_be_smuggled_in(change: dict[str, Any]) -> None:
    mail = Mail(**{**vars(MAIL), **change})
    with pytest.raises(MailRefused) as caught:
        MemoryMailer().send(mail)
    assert caught.value.permanent


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "smtp://me%40shop.example:p%2Fw@mail.example:2525/",
            ("mail.example", 2525, "me@shop.example", "p/w", False),
        ),
        (
            "smtps://mail.example/?from=Shop%20<a@b.example>",
            ("mail.example", 465, "Shop <a@b.example>", "", True),
        ),
        ("smtp://mail.example?from=a@b.example", ("mail.example", 587, "a@b.example", "", False)),
    ],
)
def test_the_setting_is_an_address(url: str, expected: tuple[Any, ...]) -> None:
    made = SmtpMailer.from_url(url)
    assert (made.host, made.port, made.sender, made.password, made.implicit_tls) == expected


@pytest.mark.parametrize("url", ["http://mail.example", "smtp:///x", "smtp://mail.example"])
def test_a_setting_that_cannot_work_says_so(url: str) -> None:
    with pytest.raises(BadConfig, match="REGULARS_SMTP_URL"):
        SmtpMailer.from_url(url)
