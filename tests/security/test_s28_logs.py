"""S28: a canary's phone and mail go through everything; no log and nothing in Redis keeps them."""

import io
import json
import re
import traceback
import zlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
import redis
from rq import Queue
from rq.job import Job
from rq.registry import FailedJobRegistry

from regulars import wiring
from regulars.form_builder.origin import PAGE
from regulars.form_builder.records import create_record
from regulars.platform import jobs
from regulars.platform.accounts.access import system_access
from regulars.platform.clock import utc_now
from regulars.platform.jobs import RedisBell, Silence
from regulars.platform.signed_jobs import JobFailed, JobKind, allowed_jobs, signed_serializer
from regulars.platform.ticker import Tick, Ticker
from tests.support.rule_shop import RuleShop, journey, sms
from tests.support.shop_forms import publish_forms
from tests.support.site import SECRET, Site

pytestmark = pytest.mark.one_database

PHONE, MAIL, NAME = "13900001111", "canary.person@secret.example", "金丝雀"
CANARIES = (PHONE, "1390000", MAIL, "canary.person", NAME)
PERSON = {"name": NAME, "mobile": PHONE, "email": MAIL}


@pytest.fixture
def bell(site: Site, valkey: redis.Redis, valkey_url: str) -> Iterator[RedisBell]:
    """The real doorbell, rung by everything the test does."""
    made = RedisBell(valkey_url, SECRET, wiring.job_kinds(site.database))
    jobs.install(made)
    yield made
    jobs.install(Silence())
    made.close()


def dump(connection: redis.Redis) -> str:
    """All that a Redis server holds, as text."""
    readers = {
        b"string": lambda key: connection.get(key),
        b"hash": lambda key: connection.hgetall(key),
        b"list": lambda key: connection.lrange(key, 0, -1),
        b"set": lambda key: connection.smembers(key),
        b"zset": lambda key: connection.zrange(key, 0, -1),
        b"stream": lambda key: connection.xrange(key),
    }
    keys = list(connection.scan_iter())
    found = [f"{key!r} {unpacked(readers[connection.type(key)](key))!r}" for key in keys]
    return "\n".join(found)


def unpacked(value: Any) -> Any:
    """A value as it was before RQ compressed the job's data and its mistakes."""
    if isinstance(value, dict):
        return {key: unpacked(each) for key, each in value.items()}
    try:
        return zlib.decompress(value)
    except (TypeError, zlib.error):
        return value


def kept(text: str) -> list[str]:
    plain = text.replace("\\\\", "\\")  # what stood within bytes
    return [each for each in CANARIES if any(s in text or s in plain for s in shapes(each))]


def shapes(word: str) -> tuple[str, ...]:
    """A word as it is, as bytes, as JSON may write it, and as it stands in an address."""
    return word, repr(word.encode())[2:-1], json.dumps(word)[1:-1], quote(word)


def test_s28_what_is_looked_for_would_be_found(bell: RedisBell, valkey: redis.Redis) -> None:
    said = f"{PHONE} {MAIL} {NAME}"
    valkey.set("plain", said)
    valkey.hset("rq:job:1", "data", zlib.compress(said.encode()))
    valkey.rpush("list", json.dumps(said))
    every = dump(valkey)
    assert kept(every) == list(CANARIES)
    for name in ("plain", "rq:job:1", "list"):
        assert NAME in kept(next(line for line in every.splitlines() if name in line)), name


def test_s28_records_searches_mistakes_and_sign_ins_leave_no_trace(
    site: Site, bell: RedisBell, valkey: redis.Redis, log: io.StringIO
) -> None:
    with site.database.workspace_tx(site.workspace) as uow:
        publish_forms(uow)
        create_record(uow, system_access("en"), "customers", PERSON, origin=PAGE)
    alice, token = site.signed_in("Alice"), site.token()
    invitation = {"name": NAME, "email": MAIL, "role": "clerk"}
    records = f"{site.home}/forms/customers/records"
    for answer in (
        alice.send(records, {**PERSON, "mobile": PHONE[:-1]}),
        alice.get(f"{records}?q={PHONE}"),
        alice.get(f"{site.home}/search?q={MAIL}"),
        site.visitor().get(f"/api/v1/forms/customers/records?q={PHONE}", headers=token),
        site.visitor().post("/api/v1/forms/customers/records", json=PERSON, headers=token),
        site.visitor().post("/api/v1/forms/customers/records", json={PHONE: 1}, headers=token),
        site.visitor().get(f"/api/v1/{PHONE}/{MAIL}", headers=token),
        site.visitor().send("/sign-in", {"email": MAIL, "password": PHONE}),
        alice.send(f"{site.home}/settings/members/invite", invitation),
        site.visitor().get(f"/invitations/{PHONE}", headers={"User-Agent": MAIL}),
    ):
        assert answer.status_code < 500
    assert "request" in log.getvalue()
    assert kept(log.getvalue()) == []
    assert kept(dump(valkey)) == []


def test_s28_a_rule_that_sends_leaves_no_trace(
    site: Site, bell: RedisBell, valkey: redis.Redis, log: io.StringIO
) -> None:
    shop = RuleShop(site.database, site.workspace).open()
    shop.publish(sms(), journey())
    customer = shop.customer(**PERSON)
    shop.order(customer)
    shop.tick()
    assert shop.messages()
    assert kept(log.getvalue()) == []
    redis_holds = dump(valkey)
    assert "rq:job" in redis_holds
    assert kept(redis_holds) == []


def test_s28_a_job_that_fails_tells_redis_nothing(
    bell: RedisBell, valkey: redis.Redis, log: io.StringIO
) -> None:
    def fail(_payload: object) -> None:
        raise ValueError(f"cannot send to {PHONE} ({NAME})\nDETAIL: {MAIL}")

    kind = JobKind("failing", "long", fail)
    settings = {"connection": valkey, "serializer": signed_serializer(SECRET)}
    job_class = allowed_jobs({kind.name: kind})
    queue = Queue("long", job_class=job_class, **settings)
    job = queue.enqueue_call(func="failing", args=({},), description="failing")
    with pytest.raises(JobFailed) as failed:
        job.perform()
    text = "".join(traceback.format_exception(failed.value))
    job._handle_failure(text, queue.connection.pipeline(), "worker")
    assert FailedJobRegistry(queue=queue) is not None
    assert valkey.hget(Job.key_for(job.id), "description") == b"failing"
    assert kept(text) == []
    assert kept(dump(valkey)) == []
    assert kept(log.getvalue()) == []


def test_s28_a_tick_that_fails_tells_kind_and_place_only(log: io.StringIO) -> None:
    def fail(_now: object) -> None:
        raise LookupError(f"no '{NAME}' under {MAIL}")

    Ticker([Tick("sending", fail)], utc_now).run_once()
    said = log.getvalue()
    assert "LookupError" in said
    assert re.search(r"test_s28_logs\.py:\d+ fail", said)
    assert kept(said) == []
