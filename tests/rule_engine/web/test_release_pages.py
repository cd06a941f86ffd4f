"""The last look before a rule is published, as page, API and command."""

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner

from regulars.cli import main
from regulars.platform.db import Database, Workspace
from regulars.platform.definitions import store
from tests.rule_engine.test_api import Program
from tests.support.rule_shop import SILENT_30, SYSTEM, RuleShop, journey
from tests.support.site import Site, words_of

RULE = journey(
    "lapsed", trigger={"on": "scan", "every": "day", "at": "10:00"}, when=SILENT_30,
    steps=[{"id": "s", "do": "wait", "for": "9d"}],
)  # fmt: skip
LONGER = {**RULE, "when": {**SILENT_30, "value": {"n": 60, "unit": "day"}}}
PAGE = "/w/shop/rules/lapsed"


@pytest.fixture
def shop(site: Site, database: Database, workspace: Workspace) -> RuleShop:
    """A shop with one customer who has not bought for long, and a rule that was changed."""
    made = RuleShop(database, workspace).open()
    long_ago = database.clock() - timedelta(days=90)
    made.order(made.customer(name="Anna", at=long_ago), at=long_ago)
    made.publish(RULE)
    with made.work() as uow:
        store.save_draft(uow, SYSTEM, "rule", LONGER)
    return made


def test_an_owner_sees_what_changes_and_whom_it_concerns_then_gives_her_word(
    shop: RuleShop, site: Site
) -> None:
    owner = site.signed_in()
    page = owner.get(f"{PAGE}/review").text
    assert {"What changes", "New:", "Gone:", "People who fit already"} <= set(words_of(page))
    told = words_of(owner.get(f"{PAGE}/forecast").text)
    assert {"1 person fits now", "Anna"} <= set(told)
    assert any("milliseconds" in each for each in told)
    refused = owner.send(f"{PAGE}/publish", {"backlog": "by_day", "per_day": ""})
    assert (refused.status_code, "per_day" in refused.text) == (422, True)
    assert owner.send(f"{PAGE}/publish", {"backlog": "by_day", "per_day": "5"}).status_code == 303
    with shop.work() as uow:
        entry = store.get_draft(uow, "rule", "lapsed").raw["entry"]
    assert entry == {"backlog": "enrol", "per_day": 5}


def test_a_program_and_the_command_line_see_and_say_the_same(
    shop: RuleShop, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = Program(site)
    told = program("POST", "/rules/lapsed/forecast").get_json()
    assert (told["matches"], told["fresh"], told["is_slow"]) == (1, 1, False)
    assert [each["is_new"] for each in told["changes"]] == [False, True]
    assert program("POST", "/rules/lapsed/publish", {"per_day": 0}).status_code == 422
    monkeypatch.setenv("REGULARS_DATA_DIR", str(shop.database.data_dir))
    monkeypatch.setenv("REGULARS_DATABASE_URL", shop.database.url)
    dry = CliRunner().invoke(main, ["rules", "publish", "lapsed", "--dry-run"]).output
    assert ("+ Only for Customers" in dry, "1 person fits now" in dry) == (True, True)
    done = CliRunner().invoke(main, ["--json", "rules", "publish", "lapsed", "--per-day", "3"])
    assert json.loads(done.output)["version"] == 2
