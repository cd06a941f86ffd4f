"""F18: a provider that times out after it accepted, answers nonsense, or asks for patience."""

from collections.abc import Iterator

import pytest

from regulars.rule_engine.channels.base import SendFailed, SendUnknown
from tests.support.channels import AROUND, SET_UP, SetUp
from tests.support.provider import (
    BROKEN,
    DRIP,
    GARBAGE,
    HANG,
    RESET,
    SLOW_DOWN,
    FakeProvider,
    Turn,
    fake_provider,
)

DOUBTS = {"hang": HANG, "reset": RESET, "garbage": GARBAGE, "500": BROKEN, "drip": DRIP}


@pytest.fixture(scope="module")
def served() -> Iterator[FakeProvider]:
    with fake_provider() as fake:
        yield fake


@pytest.fixture
def provider(served: FakeProvider) -> FakeProvider:
    served.seen.clear()
    served.turns.clear()
    served.usual = Turn()
    return served


def send(setup: SetUp, provider: FakeProvider, patience: float = 2) -> str | None:
    made = setup.at(provider.url, patience)
    return made.send(setup.outgoing(provider.url), AROUND)


@pytest.mark.parametrize("name", SET_UP)
def test_what_the_provider_takes_is_sent_once_under_its_own_id(
    name: str, provider: FakeProvider
) -> None:
    setup = SET_UP[name]
    provider.usual = Turn(body=setup.well)
    assert send(setup, provider) == setup.its_id
    assert len(provider.seen) == 1


@pytest.mark.parametrize("name", SET_UP)
def test_what_the_provider_refuses_has_failed_for_good_and_says_why(
    name: str, provider: FakeProvider
) -> None:
    provider.usual = Turn(status=400, body=SET_UP[name].no)
    with pytest.raises(SendFailed) as failed:
        send(SET_UP[name], provider)
    assert (failed.value.code, failed.value.permanent) == ("provider-refused", True)
    assert failed.value.detail
    assert "s3cret" not in failed.value.detail


@pytest.mark.parametrize("doubt", DOUBTS)
@pytest.mark.parametrize("name", ["aliyun", "twilio", "wecom"])
def test_what_may_have_left_is_never_blindly_sent_again(
    name: str, doubt: str, provider: FakeProvider
) -> None:
    provider.usual = DOUBTS[doubt]
    with pytest.raises(SendUnknown):
        send(SET_UP[name], provider, 0.3)
    assert len(provider.seen) == 1


@pytest.mark.parametrize("doubt", [HANG, RESET, BROKEN])
def test_a_provider_that_knows_our_key_is_asked_again_under_the_same(
    doubt: Turn, provider: FakeProvider
) -> None:
    setup = SET_UP["http_sms"]
    settings = {**setup.settings, "knows_key": True}
    keyed = SetUp(setup.kind, settings, setup.secrets, setup.well, setup.its_id)
    provider.turns, provider.usual = [doubt], Turn(body=setup.well)
    with pytest.raises(SendFailed) as failed:
        send(keyed, provider, 0.3)
    assert not failed.value.permanent
    assert send(keyed, provider) == "5"
    first, second = (body for _path, _headers, body in provider.seen)
    assert first == second


@pytest.mark.parametrize("name", SET_UP)
def test_a_provider_that_asks_for_patience_gets_it(name: str, provider: FakeProvider) -> None:
    provider.usual = SLOW_DOWN
    with pytest.raises(SendFailed) as failed:
        send(SET_UP[name], provider)
    assert not failed.value.permanent
    assert failed.value.retry_after is not None
    assert failed.value.retry_after.total_seconds() == 120


@pytest.mark.parametrize("name", SET_UP)
def test_a_wrong_key_stops_the_way_and_not_each_message(name: str, provider: FakeProvider) -> None:
    provider.usual = Turn(status=401, body=b"{}")
    with pytest.raises(SendFailed) as failed:
        send(SET_UP[name], provider)
    assert (failed.value.permanent, failed.value.trip) == (False, True)


def test_nobody_at_home_is_certain_and_may_be_tried_again() -> None:
    with fake_provider() as fake:
        gone = fake.url
    setup = SET_UP["aliyun"]
    with pytest.raises(SendFailed) as failed:
        setup.at(gone).send(setup.outgoing(gone), AROUND)
    assert (failed.value.code, failed.value.permanent) == ("no-answer", False)
