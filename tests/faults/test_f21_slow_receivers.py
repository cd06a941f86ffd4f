"""F21: a receiver of our calls takes its time, never answers, or leads the call back to us."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from regulars.platform.db import Workspace
from regulars.platform.mailer import MemoryMailer
from regulars.platform.own_calls import HEADER, marked
from regulars.platform.safe_http import TIMEOUT_SECONDS, Door
from regulars.platform.sealing import Seal
from regulars.rule_engine.channels import webhook
from regulars.rule_engine.channels.base import Surroundings
from regulars.rule_engine.self_check.checking import check
from regulars.rule_engine.ticking import Engine
from regulars.rule_engine.webhooks import WebhookWish, add_webhook
from tests.support.busy_shop import PEOPLE
from tests.support.channels import SEAL
from tests.support.clocks import MovableClock
from tests.support.live_server import SECRET, LiveServer
from tests.support.processes import wait_for as wait_until
from tests.support.rule_faults import in_child, wait_for
from tests.support.rule_shop import SYSTEM, RuleShop, journey
from tests.support.site import Site

OWN = Seal([SECRET])
ORDERS = 30  # with those that wait, more than one worker hands to a receiver at once
CALLS = PEOPLE + ORDERS


@dataclass
class Receiver:
    """A program that answers only while ``answers`` is set, and keeps what it was sent."""

    answers: threading.Event = field(default_factory=threading.Event)
    seen: list[dict[str, str]] = field(default_factory=list)
    url: str = ""


@contextmanager
def receiver() -> Iterator[Receiver]:
    kept = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            kept.seen.append({name.lower(): value for name, value in self.headers.items()})
            kept.answers.wait(60)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_args: Any) -> None:
            """Say nothing."""

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 64

        def handle_error(self, *_args: Any) -> None:
            """Callers that give up are part of the play."""

    with Quiet(("127.0.0.1", 0), Handler) as server:
        kept.url = f"http://127.0.0.1:{server.server_address[1]}/in"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield kept
        kept.answers.set()
        server.shutdown()


def call(to: str) -> dict[str, Any]:
    return {"do": "call_webhook", "to": to, "values": {"amount": {"formula": "trigger.amount"}}}


def connect(shop: RuleShop, **urls: str) -> None:
    with shop.work() as uow:
        for key, url in urls.items():
            add_webhook(uow, SYSTEM, SEAL, WebhookWish(key, key, url, local=True))
    shop.publish(*(journey(f"tell_{key}", steps=[call(key)], guards={}) for key in urls))


def engine_of(shop: RuleShop) -> Engine:
    return Engine(shop.database, Surroundings(MemoryMailer(), SEAL))


def assert_promises_kept(shop: RuleShop) -> None:
    with shop.work() as uow:
        assert check(uow).breaches == ()


def test_f21_a_receiver_that_takes_its_time_holds_up_nobody_else(busy: RuleShop) -> None:
    with receiver() as slow, receiver() as quick:
        quick.answers.set()
        connect(busy, slow=slow.url, quick=quick.url)
        anna = busy.customer()
        for _ in range(ORDERS):
            busy.order(anna)
        child = in_child(busy.database, "", engine_of(busy).answer)
        wait_until(lambda: len(quick.seen) == CALLS, "every call to the other receiver")
        late = busy.customer(agrees=False)
        busy.order(late)  # while the slow one has calls in hand, rules go on
        wait_until(lambda: [r for r in busy.runs("thanks") if r.record == late and r.cursor],
                   "the steps of a late order")  # fmt: skip
        wait_until(lambda: len(quick.seen) == CALLS + 1, "the late order's call")
        assert 0 < len(slow.seen) < CALLS
        assert {m.status for m in busy.messages(address="slow")} <= {"queued", "sending"}
        slow.answers.set()
        assert wait_for(child) == 0
        engine_of(busy).answer()
    for key in ("slow", "quick"):
        assert [m.status for m in busy.messages(address=key)] == ["sent"] * (CALLS + 1)
        assert len({m.idempotency_key for m in busy.messages(address=key)}) == CALLS + 1
    assert len({seen["webhook-id"] for seen in slow.seen}) == len(slow.seen) == CALLS + 1
    assert_promises_kept(busy)


def test_f21_a_call_is_waited_for_some_seconds_only_and_repeated_under_its_name(
    busy: RuleShop, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert TIMEOUT_SECONDS <= 15
    hasty = Door(frozenset({"127.0.0.1"}), timeout=0.3)
    monkeypatch.setattr(webhook, "door_to", lambda *_url, **_local: hasty)
    with receiver() as slow:
        connect(busy, slow=slow.url)
        busy.order(busy.customer())
        engine_of(busy).tick(None, busy.workspace)
        waiting = busy.messages(address="slow")
        assert {(m.status, m.reason["code"]) for m in waiting} == {("queued", "no-answer")}
        slow.answers.set()
        clock.forward(minutes=1)
        engine_of(busy).tick(None, busy.workspace)
    assert [m.status for m in busy.messages(address="slow")] == ["sent"] * (PEOPLE + 1)
    assert len(slow.seen) == 2 * (PEOPLE + 1)
    assert len({seen["webhook-id"] for seen in slow.seen}) == PEOPLE + 1
    assert_promises_kept(busy)


def test_f21_a_call_that_leads_back_to_us_is_refused_and_the_chain_is_shown(
    live_server: LiveServer, workspace: Workspace
) -> None:
    shop = RuleShop(live_server.database, workspace).open()
    path = "/api/v1/forms/orders/records"
    with shop.work() as uow:
        add_webhook(uow, SYSTEM, OWN, WebhookWish("us", "Us", f"{live_server.url}{path}", True))
    order = {
        "do": "create_record", "form": "orders",
        "values": {"customer": {"formula": "subject"}, "amount": "5"},
    }  # fmt: skip
    new = {"on": "record_created", "form": "customers"}
    shop.publish(
        journey("tell", label={"zh-Hans": "告诉"}, steps=[call("us")], guards={}),
        journey("first", label={"zh-Hans": "起头"}, trigger=new, steps=[order], guards={}),
    )
    shop.customer()
    Engine(shop.database, Surroundings(MemoryMailer(), OWN)).tick(None, workspace)
    (message,) = shop.messages()
    assert (message.status, message.reason["code"]) == ("failed", "own-call")
    assert message.reason["detail"] == "起头 → 告诉"
    assert len(shop.runs("tell")) == 1
    assert_promises_kept(shop)


def test_f21_only_a_call_of_our_own_is_refused_and_told_of_the_chain(site: Site) -> None:
    client, url = site.visitor(), "/api/v1/forms/orders/records"
    refused = client.post(url, json={}, headers=marked(OWN, "A → B"))
    assert refused.status_code == 403
    assert refused.json is not None
    assert (refused.json["code"], refused.json["chain"]) == ("own-call", "A → B")
    assert "A → B" in refused.json["title"]
    others = Seal(["a key of another installation that is long enough"])
    for note in (marked(others, "A")[HEADER], "1.x.y", "x" * 9000):
        assert client.post(url, json={}, headers={HEADER: note}).status_code == 401
