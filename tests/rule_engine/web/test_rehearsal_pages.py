"""Trying a rule on one person, and narrowing down records without any choice field."""

import pytest
from click.testing import CliRunner

from regulars.cli import main
from regulars.platform.db import Database, Workspace
from regulars.platform.definitions import store
from regulars.platform.mailer import MemoryMailer
from regulars.rule_engine import switch
from regulars.rule_engine.channels.base import Surroundings
from regulars.rule_engine.web import rehearsals
from tests.support.rule_shop import SYSTEM, RuleShop, journey, sms
from tests.support.site import Site, words_of

PAGE = "/w/shop/rules/greet/test"
STEPS = [
    {"id": "a", "do": "wait_for", "any": [{"on": "record_created", "form": "orders"}],
     "timeout": "7d", "timed_out": [
         {"id": "m", "do": "send_message", "message": "hello", "channel": "sms"}]},
    {"id": "b", "do": "branch", "when": {"field": "order_count", "op": "gte", "value": 2},
     "then": [], "else": [
         {"id": "g", "do": "create_record", "form": "coupons", "as": "coupon",
          "values": {"customer": {"formula": "subject"}, "code": "TEA-1", "amount": "5"}}]},
]  # fmt: skip


@pytest.fixture
def shop(site: Site, database: Database, workspace: Workspace) -> RuleShop:
    """A shop with a draft, somebody who fits and agrees to nothing, and somebody who does not."""
    made = RuleShop(database, workspace).open()
    made.publish(sms())
    made.customer(name="Anna", tier="gold", agrees=False)
    made.customer(name="Ben", tier="basic")
    gold = {"field": "tier", "op": "is", "value": "gold"}
    with made.work() as uow:
        store.save_draft(uow, SYSTEM, "rule", journey(when=gold, steps=STEPS))
    return made


def test_a_draft_is_tried_on_one_person_and_nothing_stays(shop: RuleShop, site: Site) -> None:
    owner = site.signed_in()
    offered = words_of(owner.get(PAGE).text)
    assert ("Anna" in offered, "Ben" in offered) == (True, False)
    assert "Ben" in words_of(owner.get(f"{PAGE}?q=Ben").text)
    tried = words_of(owner.send(PAGE, {"record": "1"}).text)
    assert any("Anna, hello!" in words for words in tried)
    assert any("has not agreed to these messages" in words for words in tried)
    assert {"It was not so:", "(found: 0)", "TEA-1", "¥5.00"} <= set(tried)
    answered = words_of(owner.send(PAGE, {"record": "1", "answered": "1"}).text)
    assert not any("Anna, hello!" in words for words in answered)
    unfit = words_of(owner.send(PAGE, {"record": "2"}).text)
    assert any("would not start" in words for words in unfit)
    assert (shop.runs(), shop.messages()) == ([], [])
    assert owner.send(PAGE, {"record": "77"}).status_code == 404


def test_what_would_be_sent_is_mailed_to_whoever_tries_it(shop: RuleShop, site: Site) -> None:
    owner, sent = site.signed_in(), MemoryMailer()
    values = {"record": "1", "path": "steps/0/timed_out/0"}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(rehearsals, "around", lambda: Surroundings(sent))
        page = owner.send(f"{PAGE}/send", values)
        assert "The provider took it. Look whether it arrives." in words_of(page.text)
    (mail,) = sent.outbox
    assert (mail.to, mail.subject) == ("alice@shop.example", "Try-out of a message")
    assert "Anna, hello!" in mail.text
    assert owner.send(f"{PAGE}/send", {**values, "path": "steps/1"}).status_code == 404
    assert shop.messages() == []
    with shop.work() as uow:
        switch.stop_all(uow, SYSTEM, "quiet")
    page = owner.send(f"{PAGE}/send", values)
    assert any("sending is stopped" in words for words in words_of(page.text))


def test_the_command_line_tries_it_as_well(
    shop: RuleShop, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGULARS_DATA_DIR", str(shop.database.data_dir))
    monkeypatch.setenv("REGULARS_DATABASE_URL", shop.database.url)
    said = CliRunner().invoke(main, ["rules", "test", "greet", "--record", "1"]).output
    assert ("Anna, hello!" in said, "has not agreed to these messages" in said) == (True, True)
    assert ("TEA-1" in said, "(0)" in said) == (True, True)
    assert shop.runs() == []


def test_a_program_reads_what_was_compared_and_written(shop: RuleShop, site: Site) -> None:
    tried = site.app.test_client().post(
        "/api/v1/rules/greet/test", json={"record": 1}, headers=site.token()
    )
    *_rest, branch, gift = tried.get_json()["steps"]
    assert (branch["finding"]["actual"], branch["finding"]["holds"]) == ("0", False)
    (made,) = gift["changes"]
    assert (made["record"]["title"], made["fields"]["amount"]) == ("TEA-1", [None, "5.00"])


def test_records_are_narrowed_down_where_no_field_has_options(shop: RuleShop, site: Site) -> None:
    plain = {"kind": "form", "key": "calls", "label": {"en": "Calls"}, "fields": [
        {"key": "customer", "type": "link", "to": "customers"},
        {"key": "length", "type": "number"},
    ]}  # fmt: skip
    shop.publish(plain)
    owner = site.signed_in()
    compose = "/w/shop/rules/greet/compose"
    owner.send(compose, {"action": "trigger", "on": "record_created", "about": "calls:customer"})
    page = owner.get(compose).text
    assert 'id="add-add-trigger-where"' in page
    row = {"action": "row", "place": "trigger/where", "how": "add", "row": "field",
           "field": "length", "op": "gte", "value": "10"}  # fmt: skip
    assert owner.send(compose, row).status_code == 303
    with shop.work() as uow:
        trigger = store.get_draft(uow, "rule", "greet").raw["trigger"]
    assert trigger["where"] == {"field": "length", "op": "gte", "value": "10"}
