import json
import logging
from pathlib import Path
from typing import Any

import pytest
import redis
from prometheus_client.parser import text_string_to_metric_families

from regulars import wiring
from regulars.app import create_app
from regulars.platform import events
from regulars.platform.config import BadConfig, Config
from regulars.platform.db import Database
from regulars.platform.events import event
from regulars.platform.secret_keys import new_key
from tests.support.clocks import MovableClock
from tests.support.site import SECRET, Site, Visitor


def visitor_of(database: Database, tmp_path: Path, **settings: Any) -> Visitor:
    wiring.wire()
    app = create_app(Config(data_dir=tmp_path, secret_key=SECRET, **settings), database)
    app.test_client_class = Visitor
    client = app.test_client()
    assert isinstance(client, Visitor)
    return client


def logged(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [each.fields for each in caplog.records if hasattr(each, "fields")]


def test_every_answer_carries_the_id_of_its_log_line(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    alice = site.signed_in("Alice")
    first, second = alice.get(f"{site.home}/"), alice.get("/nothing")
    ids = [each.headers["X-Request-Id"] for each in (first, second)]
    assert len(set(ids)) == 2
    home, nothing = logged(caplog)
    assert (home["route"], home["status"], home["actor"]) == (
        "/w/<workspace>/", 200, f"member:{site.member_id('Alice')}",
    )  # fmt: skip
    assert (nothing["route"], nothing["status"]) == ("-", 404)


def test_s28_the_log_names_routes_and_never_addresses(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    site.person("Alice")
    site.visitor().get("/invitations/a-secret-that-opens?q=13900001111")
    said = json.dumps(logged(caplog)) + caplog.text
    assert "/invitations/<secret>" in said
    assert "a-secret" not in said
    assert "13900001111" not in said


@pytest.mark.parametrize(
    ("proxies", "given", "is_kept"),
    [
        (0, "req-12345678", False),
        (1, "req-12345678", True),
        (1, "short", False),
        (1, "evil\tinject", False),
        (1, "x" * 65, False),
    ],
)
def test_an_id_is_taken_over_from_a_trusted_proxy_only(
    database: Database, tmp_path: Path, proxies: int, given: str, is_kept: bool
) -> None:
    visitor = visitor_of(database, tmp_path, trusted_proxies=proxies)
    answer = visitor.get("/healthz", headers={"X-Request-Id": given})
    assert (answer.headers["X-Request-Id"] == given) is is_kept


def test_ready_says_what_waits_and_for_how_long(
    site: Site, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regulars.platform.web.health._FRESH_FOR", -1.0)
    visitor = site.visitor()
    empty = visitor.get("/readyz")
    assert empty.status_code == 200
    assert empty.json == {
        "ok": True, "checks": {"database": True}, "queue": False, "oldest_due_seconds": None,
    }  # fmt: skip
    with site.database.workspace_tx(site.workspace) as uow:
        happening = {"kind": "test", "actor": "system", "chain": [], "historic": False}
        uow.execute(event.insert().values(at=uow.now, **happening))
    clock.forward(minutes=3)
    late = visitor.get("/readyz").json
    assert late is not None
    assert late["oldest_due_seconds"] == 180.0
    assert events.event is event


def test_asking_often_costs_the_stores_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setitem(
        site.app.extensions["regulars.readiness.notes"], "queue", lambda: bool(asked.append(1))
    )
    for _ in range(20):
        site.visitor().get("/readyz")
    assert len(asked) == 1


def test_without_its_database_it_is_not_ready(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("regulars.platform.web.health._database_answers", lambda: False)
    answer = site.visitor().get("/readyz")
    assert answer.status_code == 503
    assert answer.json == {"ok": False, "checks": {"database": False}}


def test_the_figures_are_what_prometheus_reads(
    database: Database, tmp_path: Path, valkey: redis.Redis, valkey_url: str
) -> None:
    visitor = visitor_of(database, tmp_path, redis_url=valkey_url)
    valkey.rpush("rq:queue:rules", "a", "b")
    visitor.get("/healthz")
    answer = visitor.get("/metrics")
    assert answer.mimetype == "text/plain"
    found = {each.name: each for each in text_string_to_metric_families(answer.text)}
    assert found["regulars_queued_jobs"].samples[0].value == 2
    assert found["regulars_due_seconds"].samples[0].value == 0
    routes = {each.labels["route"] for each in found["regulars_requests"].samples}
    assert "/healthz" in routes


def test_without_a_queue_the_figures_say_unknown(site: Site) -> None:
    assert "regulars_queued_jobs NaN" in site.visitor().get("/metrics").text


@pytest.mark.parametrize(
    ("settings", "address", "headers", "status"),
    [
        ({}, "127.0.0.1", {}, 200),
        ({}, "192.168.1.20", {}, 404),
        ({}, "127.0.0.1", {"X-Forwarded-For": "6.6.6.6"}, 404),
        ({}, "127.0.0.1", {"Via": "1.1 proxy"}, 404),
        ({"base_url": "https://shop.example"}, "127.0.0.1", {}, 404),
        ({"base_url": "http://192.168.1.9:8000"}, "127.0.0.1", {}, 404),
        ({"metrics_token": "T"}, "127.0.0.1", {}, 404),
        ({"metrics_token": "T"}, "6.6.6.6", {"Authorization": "Bearer T"}, 200),
        ({"metrics_token": "T"}, "127.0.0.1", {"Authorization": "Bearer t"}, 404),
        ({}, "6.6.6.6", {"Authorization": "Bearer "}, 404),
    ],
)
def test_the_figures_are_not_for_the_public(
    database: Database, tmp_path: Path, settings: dict[str, Any], address: str,
    headers: dict[str, str], status: int,
) -> None:  # fmt: skip
    visitor = visitor_of(database, tmp_path, **settings)
    answer = visitor.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": address})
    assert answer.status_code == status
    assert ("regulars_requests" in answer.text) is (status == 200)


def test_a_weak_token_for_the_figures_starts_nothing(tmp_path: Path) -> None:
    env = {"REGULARS_DATA_DIR": str(tmp_path), "REGULARS_METRICS_TOKEN": "secret"}
    with pytest.raises(BadConfig, match="REGULARS_METRICS_TOKEN"):
        Config.from_environ(env)
    assert Config.from_environ({**env, "REGULARS_METRICS_TOKEN": new_key()}).metrics_token
