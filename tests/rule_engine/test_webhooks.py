"""call_webhook: signed, repeated under one name until taken, never without its secret."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from regulars.platform.errors import Conflict, Invalid
from regulars.platform.sealing import Seal
from regulars.platform.secret_keys import new_key
from regulars.rule_engine.channels.base import Surroundings
from regulars.rule_engine.tables import webhook
from regulars.rule_engine.ticking import Engine
from regulars.rule_engine.webhooks import (
    WebhookWish,
    add_webhook,
    list_webhooks,
    place_of,
    remove_webhook,
    seal_again,
)
from tests.support.clocks import MovableClock
from tests.support.plans import plans
from tests.support.rule_shop import SYSTEM, RuleShop, journey

SEAL = Seal(["a long key that is only good for tests of webhooks"])
CALL = {
    "id": "call", "do": "call_webhook", "to": "till",
    "values": {"amount": {"formula": "trigger.amount"}, "name": {"formula": "name"}, "n": 7},
}  # fmt: skip


@dataclass
class Till:
    """A program that answers as told (then 200) and keeps what it was sent."""

    answers: list[int] = field(default_factory=list)
    seen: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def till() -> Iterator[Till]:
    kept = Till()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.seen.append(({key.lower(): value for key, value in self.headers.items()}, body))
            self.send_response(kept.answers.pop(0) if kept.answers else 200)
            self.end_headers()

        def log_message(self, *_args: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        kept.url = f"http://127.0.0.1:{server.server_address[1]}/orders"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield kept
        server.shutdown()
        thread.join()


def tick(shop: RuleShop) -> None:
    Engine(shop.database, Surroundings(shop.mailer, SEAL)).tick(None, shop.workspace)


def connect(shop: RuleShop, till: Till) -> str:
    with shop.work() as uow:
        secret = add_webhook(uow, SYSTEM, SEAL, WebhookWish("till", "Till", till.url, local=True))
    shop.publish(journey(steps=[CALL], guards={"quiet_hours": ["00:00", "23:59"]}))
    return secret


def test_a_call_tells_what_happened_and_proves_who_calls(shop: RuleShop, till: Till) -> None:
    secret = connect(shop, till)
    anna = shop.customer(name="Anna", agrees=False)
    shop.order(anna, amount="12.5")
    tick(shop)
    ((headers, body),) = till.seen
    told = json.loads(body)
    assert told["type"] == "rule.greet"
    assert told["data"] == {
        "rule": "greet", "run": 1, "step": "call", "form": "customers", "record": anna,
        "values": {"amount": "12.50", "name": "Anna", "n": 7},
    }  # fmt: skip
    (message,) = shop.messages()
    made = int(message.created_at.timestamp())  # after a restore the run's number comes again
    assert headers["webhook-id"] == f"{shop.workspace.id}:{message.idempotency_key}:{made}"
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    proof = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{proof}"
    assert [message.status for message in shop.messages()] == ["sent"]


def test_a_call_is_repeated_under_the_same_name_until_it_is_taken(
    shop: RuleShop, till: Till, clock: MovableClock
) -> None:
    connect(shop, till)
    till.answers += [500, 429]
    shop.order(shop.customer())
    for _ in range(4):
        tick(shop)
        clock.forward(minutes=10)
    assert len({headers["webhook-id"] for headers, _body in till.seen}) == 1
    assert len(till.seen) == 3
    assert [message.status for message in shop.messages()] == ["sent"]


def test_a_call_that_is_refused_for_good_is_not_repeated(
    shop: RuleShop, till: Till, clock: MovableClock
) -> None:
    connect(shop, till)
    till.answers += [400]
    shop.order(shop.customer())
    for _ in range(3):
        tick(shop)
        clock.forward(days=1)
    assert len(till.seen) == 1
    (message,) = shop.messages()
    assert (message.status, message.reason["code"]) == ("failed", "provider-refused")


def test_a_burst_is_called_side_by_side_and_each_once(shop: RuleShop, till: Till) -> None:
    connect(shop, till)
    anna = shop.customer()
    for _ in range(70):
        shop.order(anna)
    tick(shop)
    assert len(till.seen) == len({headers["webhook-id"] for headers, _ in till.seen}) == 70


def test_a_program_that_was_removed_is_named_as_the_reason(shop: RuleShop, till: Till) -> None:
    connect(shop, till)
    with shop.work() as uow:
        remove_webhook(uow, SYSTEM, "till")
    shop.order(shop.customer())
    tick(shop)
    (message,) = shop.messages()
    assert (message.status, message.reason["code"]) == ("failed", "no-webhook")
    assert till.seen == []


def test_s06_a_secret_opens_for_no_other_address(shop: RuleShop, till: Till) -> None:
    connect(shop, till)
    with shop.work() as uow:
        (kept,) = list_webhooks(uow)
        uow.execute(webhook.update().values(url=till.url.replace("/orders", "/elsewhere")))
        assert "whsec_" not in kept.secret
    shop.order(shop.customer())
    tick(shop)
    assert shop.messages()[0].reason["code"] == "broken-seal"
    assert till.seen == []


def test_what_cannot_be_called_is_not_kept(shop: RuleShop) -> None:
    wrong = WebhookWish("Till!", "x" * 200, "file:///etc/passwd")
    with shop.work() as uow, pytest.raises(Invalid) as caught:
        add_webhook(uow, SYSTEM, SEAL, wrong)
    assert {(each.path, each.code) for each in caught.value.problems} == {
        ("key", "bad-webhook-key"), ("name", "shape-max-length"), ("url", "not-an-address"),
    }  # fmt: skip
    fine = WebhookWish("till", "", "https://till.example/in")
    with shop.work() as uow:
        add_webhook(uow, SYSTEM, SEAL, fine)
    with shop.work() as uow, pytest.raises(Conflict):
        add_webhook(uow, SYSTEM, SEAL, fine)


def test_secrets_follow_a_change_of_the_key(shop: RuleShop) -> None:
    wish = WebhookWish("till", "Till", "https://till.example/in")
    with shop.work() as uow:
        secret = add_webhook(uow, SYSTEM, SEAL, wish)
    fresh = new_key()
    assert (
        seal_again(
            shop.database, Seal([fresh, "a long key that is only good for tests of webhooks"])
        )
        == 1
    )
    assert (
        seal_again(
            shop.database, Seal([fresh, "a long key that is only good for tests of webhooks"])
        )
        == 0
    )
    with shop.work() as uow:
        (row,) = list_webhooks(uow)
    assert Seal([fresh]).open(row.secret, place_of(row.key, row.url)) == secret


def test_many_calls_ask_the_store_no_more_than_few(shop: RuleShop, till: Till) -> None:
    connect(shop, till)
    asked = []
    for n in (4, 12):
        for _ in range(n):
            shop.order(shop.customer())
        with plans("f_customers") as read, plans("webhook") as prepared:
            tick(shop)
        asked.append((len(read), len(prepared)))
    assert len(till.seen) == 16
    assert asked[0] == asked[1]
