"""Each key may ask so much a minute; every answer says how much is left."""

from pathlib import Path

import pytest
import redis
from flask import Flask
from werkzeug.test import TestResponse

from regulars.app import create_app
from regulars.platform.config import Config
from regulars.platform.web import rate_limit
from tests.support.clocks import MovableClock
from tests.support.site import SECRET, Site

UNITS = "/api/v1/units"


@pytest.fixture
def few(site: Site, tmp_path: Path) -> Flask:
    """An application whose keys may ask three times a minute; without a Redis."""
    return create_app(Config(data_dir=tmp_path, secret_key=SECRET, api_limit=3), site.database)


def ask(app: Flask, headers: dict[str, str], times: int = 1) -> list[TestResponse]:
    return [app.test_client().get(UNITS, headers=headers) for _turn in range(times)]


def test_what_is_left_is_told_and_the_fourth_time_is_too_often(site: Site, few: Flask) -> None:
    answers = ask(few, site.token(), 4)
    assert [each.status_code for each in answers] == [200, 200, 200, 429]
    assert answers[0].headers["RateLimit-Policy"] == '"key";q=3;w=60'
    assert [each.headers["RateLimit"].split(";")[1] for each in answers] == [
        "r=2", "r=1", "r=0", "r=0",
    ]  # fmt: skip
    refused = answers[3]
    assert refused.mimetype == "application/problem+json"
    assert 1 <= int(refused.headers["Retry-After"]) <= 60


def test_after_the_minute_it_goes_on(site: Site, few: Flask, clock: MovableClock) -> None:
    headers = site.token()
    assert ask(few, headers, 4)[-1].status_code == 429
    clock.forward(seconds=61)
    assert ask(few, headers)[0].status_code == 200


def test_keys_do_not_use_each_other_up(site: Site, few: Flask) -> None:
    assert ask(few, site.token(), 4)[-1].status_code == 429
    assert ask(few, site.token())[0].status_code == 200


def test_refusals_count_and_tell_too(site: Site, few: Flask) -> None:
    headers = site.token("clerk")
    client = few.test_client()
    refused = client.get("/api/v1/members", headers=headers)
    assert (refused.status_code, refused.headers["RateLimit"].split(";")[1]) == (403, "r=2")


def test_s26_wrong_keys_are_counted_by_address(site: Site, few: Flask) -> None:
    wrong = {"Authorization": "Bearer rgl_guess"}
    answers = ask(few, wrong, rate_limit.WRONG_KEYS + 1)
    assert {each.status_code for each in answers[:-1]} == {401}
    assert answers[-1].status_code == 429
    assert ask(few, site.token())[0].status_code == 200  # who has a key is not held up


@pytest.mark.one_database
def test_redis_counts_for_every_process(
    site: Site, tmp_path: Path, valkey: "redis.Redis", valkey_url: str
) -> None:
    config = Config(data_dir=tmp_path, secret_key=SECRET, api_limit=3, redis_url=valkey_url)
    apps = [create_app(config, site.database) for _process in range(2)]
    headers = site.token()
    codes = [ask(apps[turn % 2], headers)[0].status_code for turn in range(5)]
    assert codes == [200, 200, 200, 429, 429]
    (key,) = valkey.keys("regulars:rate:*")
    assert 0 < valkey.ttl(key) <= rate_limit.WINDOW + 1


@pytest.mark.one_database
def test_processes_take_requests_in_shares_and_grant_no_more_than_the_limit(
    site: Site, tmp_path: Path, valkey: "redis.Redis", valkey_url: str
) -> None:
    config = Config(data_dir=tmp_path, secret_key=SECRET, api_limit=100, redis_url=valkey_url)
    apps = [create_app(config, site.database) for _process in range(2)]
    headers = site.token()
    assert {each.status_code for each in ask(apps[0], headers, 61)} == {200}
    (key,) = valkey.keys("regulars:rate:*")
    assert int(valkey.get(key) or 0) == 62  # two at a time
    other = [each.status_code for each in ask(apps[1], headers, 42)]
    assert other == [200] * 38 + [429] * 4
    codes = [each.status_code for each in ask(apps[0], headers, 2)]
    assert codes == [200, 429]  # what it had taken before is still its own


@pytest.mark.one_database
def test_f09_without_redis_sql_counts(site: Site, tmp_path: Path) -> None:
    away = f"unix://{tmp_path}/nowhere.sock"
    config = Config(data_dir=tmp_path, secret_key=SECRET, api_limit=3, redis_url=away)
    app = create_app(config, site.database)
    assert [each.status_code for each in ask(app, site.token(), 4)] == [200, 200, 200, 429]
