"""Mail through a shop's own server: where it may call, and what it falls back to."""

from typing import Any

import pytest

from regulars.platform.mailer import MemoryMailer
from regulars.rule_engine.channels.accounts import sealed
from regulars.rule_engine.channels.base import Outgoing, SendFailed, Surroundings
from regulars.rule_engine.channels.settings import setting_problems
from regulars.rule_engine.channels.smtp import SmtpProvider
from tests.support.channels import SEAL

PARTS = {"subject": "Hi", "markdown": "Hello"}
OWN: dict[str, Any] = {
    "host": "127.0.0.1", "port": "2525", "sender": "小店 <shop@example.com>", "user": "",
    "local": False,
}  # fmt: skip


def mail(settings: dict[str, Any] | None = None) -> Outgoing:
    """A mail through the shop's own account, or through none."""
    prepared: dict[str, Any] = {}
    if settings is not None:
        secret = sealed(SEAL, SmtpProvider(), "smtp", settings, {"password": "s3cret"})
        prepared = {"account": "smtp", "settings": settings, "secret": secret}
    return Outgoing("1:7:hello:0:9", "email", "anna@example.com", PARTS, "en", prepared)


def test_s05_a_shops_server_does_not_lead_into_our_own_network() -> None:
    with pytest.raises(SendFailed) as refused:
        SmtpProvider().send(mail(OWN), Surroundings(seal=SEAL))
    assert (refused.value.code, refused.value.trip) == ("address-refused", True)


def test_a_server_in_the_shops_own_network_is_called_when_it_says_so() -> None:
    with pytest.raises(SendFailed) as nobody:  # nobody listens there
        SmtpProvider().send(mail({**OWN, "local": True}), Surroundings(seal=SEAL))
    assert (nobody.value.code, nobody.value.permanent) == ("provider-refused", False)


def test_without_an_account_the_installation_sends_or_the_message_waits() -> None:
    mailer = MemoryMailer()
    SmtpProvider().send(mail(), Surroundings(mailer, SEAL))
    assert [each.to for each in mailer.outbox] == ["anna@example.com"]
    with pytest.raises(SendFailed) as nothing:
        SmtpProvider().send(mail(), Surroundings(seal=SEAL))
    assert (nothing.value.code, nothing.value.trip) == ("no-mail-server", True)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"host": "http://x"}, "not-a-host"), ({"host": "a b"}, "not-a-host"),
        ({"sender": "shop"}, "not-a-sender"), ({"sender": "a@b\r\nBcc: c@d"}, "one-line-only"),
        ({"port": "22"}, "shape-enum"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_server_is_refused(wrong: dict[str, Any], code: str) -> None:
    given = {**OWN, "host": "smtp.example.com", **wrong}
    found = setting_problems(SmtpProvider.fields, given, frozenset())
    assert [each.code for each in found] == [code]
