"""A word to staff through the apprise library, which tells no more than yes or no."""

from dataclasses import replace
from typing import Any

import apprise
import pytest

from regulars.rule_engine.channels.accounts import sealed
from regulars.rule_engine.channels.apprise import AppriseWay
from regulars.rule_engine.channels.base import Outgoing, SendFailed
from tests.support.channels import AROUND, SEAL

GOOD = "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js"


def outgoing(address: str) -> Outgoing:
    """A word to the group kept under ``night``."""
    way = AppriseWay()
    prepared = {
        "account": "night", "settings": {},
        "secret": sealed(SEAL, way, "night", {}, {"address": address}),
    }  # fmt: skip
    return Outgoing("1:7:tell:0:9", "apprise", "night", {"text": "Two left"}, "en", prepared)


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the library answers, one by one; what it was told is put behind."""
    answers: list[Any] = []

    def notify(self: Any, body: str, title: str) -> bool:
        answers.append(body)
        return bool(answers.pop(0))

    monkeypatch.setattr(apprise.Apprise, "notify", notify)
    return answers


def test_a_yes_is_sent_and_a_no_is_refused_for_good(script: list[Any]) -> None:
    script += [True, False]
    assert AppriseWay().send(outgoing(GOOD), AROUND) is None
    with pytest.raises(SendFailed) as refused:
        AppriseWay().send(outgoing(GOOD), AROUND)
    assert (refused.value.code, refused.value.permanent) == ("provider-refused", True)
    assert script == ["Two left", "Two left"]


def test_an_address_into_our_own_network_is_never_called(script: list[Any]) -> None:
    for address in ("json://127.0.0.1/x", "discord://1/2?verify=no", ""):
        with pytest.raises(SendFailed) as refused:
            AppriseWay().send(outgoing(address or "x://"), AROUND)
        assert refused.value.code == "address-refused"
    assert script == []


def test_without_an_account_it_waits(script: list[Any]) -> None:
    with pytest.raises(SendFailed) as missing:
        AppriseWay().send(replace(outgoing(GOOD), prepared={}), AROUND)
    assert (missing.value.code, missing.value.permanent) == ("channel-not-set-up", False)
    assert script == []
