"""The addresses in messages, as whoever got the message opens them."""

import pytest

from regulars.platform.db import Database, Workspace
from regulars.platform.privacy.consents import find_state
from regulars.rule_engine.tables import message_link
from tests.support.rule_shop import RuleShop, journey, sms
from tests.support.site import Site, words_of

TARGET = "https://shop.example/new"


@pytest.fixture
def shop(site: Site, database: Database, workspace: Workspace) -> RuleShop:
    """A shop that has sent one message with both links."""
    fresh = RuleShop(database, workspace).open()
    fresh.publish(sms(text="{link:shop} {link:opt_out}", links={"shop": TARGET}), journey())
    fresh.order(fresh.customer(language="en"))
    fresh.tick()
    return fresh


def path(shop: RuleShop, kind: str) -> str:
    with shop.work() as uow:
        row = uow.execute(message_link.select().where(message_link.c.kind == kind)).one()
    return f"/{'r' if kind == 'link' else 'o'}/{row.token}"


def agrees(shop: RuleShop) -> bool | None:
    (message,) = shop.messages()
    with shop.work() as uow:
        return find_state(uow, "customers", message.record, "marketing", "sms")


def test_a_link_leads_on_and_tells_nobody_where_from(shop: RuleShop, site: Site) -> None:
    answer = site.visitor().get(path(shop, "link"))
    assert (answer.status_code, answer.headers["Location"]) == (302, TARGET)
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert shop.messages()[0].clicked_at is not None


def test_only_looking_is_no_click(shop: RuleShop, site: Site) -> None:
    assert site.visitor().head(path(shop, "link")).status_code == 200
    assert shop.messages()[0].clicked_at is None


@pytest.mark.parametrize(
    "tail", ["x", "1-aaaaaaaaaaaa", "999999-aaaaaaaaaaaa", "1-%2e%2e%2fetcpas"]
)
def test_s22_other_addresses_show_a_plain_page(shop: RuleShop, site: Site, tail: str) -> None:
    for door in ("r", "o"):
        answer = site.visitor().get(f"/{door}/{tail}")
        assert answer.status_code == 404
        assert "Location" not in answer.headers
        assert "evil" not in answer.text


def test_p04_opening_the_page_changes_nothing_and_pressing_does(
    shop: RuleShop, site: Site
) -> None:
    reader, way_out = site.visitor(), path(shop, "opt_out")
    asked = reader.get(way_out)
    assert asked.status_code == 200
    assert "No more messages from" in asked.text
    assert agrees(shop) is True
    done = reader.post(way_out, data={"extent": "channel"})
    assert done.status_code == 200
    assert any(text.startswith("Done:") for text in words_of(done.text))
    assert agrees(shop) is False
    assert any(text.startswith("Done:") for text in words_of(reader.get(way_out).text))


def test_p04_a_mail_programs_one_click_needs_neither_page_nor_cookie(
    shop: RuleShop, site: Site
) -> None:
    answer = site.app.test_client().post(
        path(shop, "opt_out"), data={"List-Unsubscribe": "One-Click"}
    )
    assert answer.status_code == 200
    assert agrees(shop) is False


def test_a_gateway_hands_in_answers(shop: RuleShop, site: Site) -> None:
    (message,) = shop.messages()
    client, headers = site.app.test_client(), site.token()
    said = {"channel": "sms", "address": message.address, "text": "退订", "key": "g-1"}
    first = client.post("/api/v1/messages/replies", json=said, headers=headers)
    assert (first.status_code, first.get_json()) == (
        201,
        {
            "people": [{"form": "customers", "id": message.record}], "message": message.id,
            "opted_out": True, "repeated": False,
        },
    )  # fmt: skip
    assert agrees(shop) is False
    again = client.post("/api/v1/messages/replies", json=said, headers=headers)
    assert (again.status_code, again.get_json()["repeated"]) == (200, True)
    wrong = client.post("/api/v1/messages/replies", json={"channel": 7, "x": 1}, headers=headers)
    assert wrong.status_code == 422
    assert {problem["path"] for problem in wrong.get_json()["problems"]} == {
        "channel", "address", "text", "x",
    }  # fmt: skip
