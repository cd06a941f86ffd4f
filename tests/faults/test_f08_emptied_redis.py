"""F08: everything in Redis is deleted at any moment; nothing that must happen stood there."""

import redis

from tests.support.busy_shop import PEOPLE
from tests.support.real_worker import bell, tick_until_done, worker
from tests.support.rule_faults import LedgerMailer, assert_sound, engine_with
from tests.support.rule_shop import RuleShop

MORE = 6


def test_f08_emptying_redis_at_any_moment_loses_and_doubles_nothing(
    busy: RuleShop, mailer: LedgerMailer, valkey: redis.Redis, valkey_url: str
) -> None:
    engine = engine_with(busy.database, mailer)
    bell(valkey_url, engine)
    with worker(busy, mailer, valkey_url):
        for number in range(MORE):
            busy.order(busy.customer())
            if number % 2 == 0:
                valkey.flushall()
        tick_until_done(busy, engine)
    assert_sound(busy, mailer)
    assert len(busy.runs("thanks")) == PEOPLE + MORE
    assert {m.status for m in busy.messages(channel="sms")} == {"sent"}
