"""``regulars channel``, ``sending``, ``suppression``, ``messages`` and ``today``, as typed."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from regulars.cli import main
from regulars.platform.db import Database, Workspace
from regulars.platform.secret_keys import new_key
from regulars.rule_engine.tables import outbound
from regulars.wiring import wire
from tests.support.rule_shop import RuleShop, journey, sms

Call = Callable[..., Result]
SECRET = new_key()


@pytest.fixture
def shop(database: Database, workspace: Workspace) -> RuleShop:
    wire()
    return RuleShop(database, workspace).open()


@pytest.fixture
def call(database: Database, shop: RuleShop, monkeypatch: pytest.MonkeyPatch) -> Call:
    monkeypatch.setenv("REGULARS_DATA_DIR", str(database.data_dir))
    monkeypatch.setenv("REGULARS_DATABASE_URL", database.url)
    monkeypatch.setenv("REGULARS_SECRET_KEY", SECRET)
    monkeypatch.setenv("LC_ALL", "C")

    def run(*arguments: str | Path) -> Result:
        return CliRunner().invoke(main, [str(each) for each in arguments])

    return run


def test_a_message_in_doubt_is_listed_and_decided(call: Call, shop: RuleShop) -> None:
    shop.publish(sms(), journey())
    shop.order(shop.customer(name="Anna"))
    shop.tick()
    with shop.work() as uow:
        doubt = {"code": "outcome-unknown"}
        uow.execute(outbound.update().values(status="unknown", reason=doubt))
    listed = json.loads(call("--json", "messages", "list", "--reason", "outcome-unknown").output)
    (row,) = listed["messages"]
    assert row["status"] == "unknown"
    assert json.loads(call("--json", "messages", "list", "--reason", "x").output)["messages"] == []
    assert "may or may not" in call("today").output
    assert call("messages", "resolve", str(row["id"]), "sent").exit_code == 0
    assert call("messages", "resolve", str(row["id"]), "sent").exit_code == 1
    assert shop.messages()[0].status == "sent"


def test_a_channel_is_set_up_chosen_and_stopped(call: Call, tmp_path: Path) -> None:
    settings = tmp_path / "aliyun.json"
    values = {"access_key_id": "id", "access_key_secret": "s3cret", "sign_name": "Shop"}
    settings.write_text(json.dumps(values), encoding="utf-8")
    kept = call("--json", "channel", "set", "aliyun", settings)
    assert kept.exit_code == 0, kept.output
    assert "s3cret" not in kept.output
    assert call("channel", "choose", "sms", "aliyun").exit_code == 0
    assert call("channel", "choose", "sms", "smtp").exit_code == 1
    assert "sms: aliyun" in call("channel", "list").output
    assert call("sending", "stop", "--reason", "wrong price").exit_code == 0
    shown = json.loads(call("--json", "sending", "show").output)
    assert (shown["stopped"], shown["reason"]) == (True, "wrong price")
    assert call("channel", "test", "aliyun", "--to", "13800138000").exit_code == 1
    assert call("sending", "resume").exit_code == 0
    assert call("channel", "remove", "aliyun").exit_code == 0


def test_limits_and_the_list_are_changed(call: Call, tmp_path: Path) -> None:
    limits = tmp_path / "limits.json"
    limits.write_text('{"day_number": 0}', encoding="utf-8")
    assert call("sending", "limits", limits).exit_code == 1
    limits.write_text('{"day_number": 10, "sms_price": "0.05"}', encoding="utf-8")
    assert call("sending", "limits", limits).exit_code == 0
    for command, listed in (("add", True), ("show", True), ("remove", False), ("show", False)):
        done = call("--json", "suppression", command, "sms", "13800138000")
        assert json.loads(done.output) == {"listed": listed}
    assert call("suppression", "remove", "sms", "13800138000").exit_code == 1
