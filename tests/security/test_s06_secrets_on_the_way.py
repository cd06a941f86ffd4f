"""S06: a secret belongs to the address it was given for, and goes nowhere else.

That a changed address asks for it again is shown where accounts and programs are kept:
``tests/rule_engine/web/test_channel_pages.py`` and ``tests/rule_engine/test_webhooks.py``.
"""

import pytest

from regulars.platform.own_calls import HEADER
from regulars.platform.safe_http import AddressRefused, Door
from regulars.rule_engine.channels.base import Outgoing, SendFailed
from regulars.rule_engine.channels.webhook import WebhookProvider
from regulars.rule_engine.webhooks import place_of
from tests.support.channels import AROUND, SEAL, SET_UP, SetUp
from tests.support.provider import FakeProvider, Turn, fake_provider


def moved_to(other: FakeProvider) -> Turn:
    return Turn(status=302, headers={"Location": f"{other.url}/elsewhere"})


def test_s06_a_providers_redirect_takes_no_key_along() -> None:
    with fake_provider() as known, fake_provider() as stranger:
        known.usual = moved_to(stranger)
        setup: SetUp = SET_UP["http_sms"]
        with pytest.raises(SendFailed):
            setup.at(known.url).send(setup.outgoing(known.url), AROUND)
        ((_path, headers, _body),) = known.seen
        assert headers["x-api-key"] == "s3cret"
        assert stranger.seen == []


def test_s06_a_programs_redirect_takes_no_signature_along(monkeypatch: pytest.MonkeyPatch) -> None:
    with fake_provider() as known, fake_provider() as stranger:
        known.usual = moved_to(stranger)
        url = f"{known.url}/in"
        secret = SEAL.seal("whsec_c2VjcmV0", place_of("till", url))
        kept = {"key": "till", "url": url, "secret": secret, "local": True, "chain": "A"}
        with pytest.raises(SendFailed):
            WebhookProvider().send(Outgoing("k", "webhook", "till", {"text": "{}"}, "en", kept),
                                   AROUND)  # fmt: skip
        ((_path, headers, _body),) = known.seen
        assert {"webhook-signature", HEADER.lower()} <= set(headers)
        assert stranger.seen == []


def test_s06_a_host_allowed_for_one_address_is_not_allowed_for_another() -> None:
    with fake_provider() as other:
        with pytest.raises(AddressRefused):
            Door(frozenset({"till.example"})).post(other.url, b"{}", {"Authorization": "s3cret"})
        assert other.seen == []
