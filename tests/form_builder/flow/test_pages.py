"""States as people meet them: on the record's page, in the inbox, and as a program asks."""

import re

import pytest

from regulars.form_builder.flow.moments import flow_moments
from regulars.form_builder.flow.offering import standing_of
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.roles import FormRights, Role
from tests.form_builder.flow.conftest import Office
from tests.support.flow_forms import expenses
from tests.support.site import Site, words_of

HOME = "/w/shop/forms/expenses/records"


@pytest.fixture(autouse=True)
def published(office: Office) -> None:
    office.publish(expenses(returned=["draft", "dropped"]))


def test_the_page_offers_the_ways_of_its_reader(office: Office, site: Site) -> None:
    record, bare = office.make(), office.make(receipt=None, amount="0")
    ann = site.signed_in("Ann")
    said = words_of(ann.get(f"{HOME}/{record}").text)
    assert {"Draft", "Submit", "Dropped"} <= set(said)
    lacking = " ".join(words_of(ann.get(f"{HOME}/{bare}").text))
    assert "Fill in first: Receipt" in lacking
    gone = ann.send(f"{HOME}/{record}/to-state", {"to": "asked"}, follow_redirects=True)
    assert "Now at “Asked”." in words_of(gone.text)
    refused = ann.send(f"{HOME}/{record}/to-state", {"to": "paid"})
    assert refused.status_code == 422
    assert "“Asked” is waiting for approval" in refused.text


def test_the_state_is_not_typed_and_what_is_locked_is_not_offered(
    office: Office, site: Site
) -> None:
    record = office.asked()
    page = site.signed_in("Ann").get(f"{HOME}/{record}/edit").text
    assert 'name="what"' in page
    assert 'name="status"' not in page
    assert 'name="amount"' not in page
    fresh = site.signed_in("Ann").get(f"{HOME}/new").text
    assert 'name="amount"' in fresh
    assert 'name="status"' not in fresh


def test_it_is_decided_in_the_inbox_with_its_facts_in_sight(office: Office, site: Site) -> None:
    record = office.asked()
    max_ = site.signed_in("Max")
    inbox = max_.get("/w/shop/tasks").text
    assert {"Amount", "Receipt", "r1"} <= set(words_of(inbox))
    task = office.tasks("Max")[0].id
    nothing = max_.send(f"/w/shop/tasks/{task}/decide", {"outcome": "returned"})
    assert nothing.status_code == 422
    assert "Say why you send it back." in nothing.text
    assert office.state(record) == "asked"
    back = {"outcome": "returned", "note": "no", "to": "draft", "back": "tasks"}
    done = max_.send(f"/w/shop/tasks/{task}/decide", back, follow_redirects=True)
    assert "Sent back." in words_of(done.text)
    assert "Sent back" in words_of(max_.get("/w/shop/tasks?tab=done").text)
    assert "Max sent it back" in words_of(max_.get(f"{HOME}/{record}").text)
    again = max_.send(f"/w/shop/tasks/{task}/decide", back)
    assert again.status_code == 409


def test_it_is_handed_over_and_asked_of_one_more_on_the_record(office: Office, site: Site) -> None:
    record = office.asked()
    task = office.tasks("Max")[0].id
    max_, mia = site.signed_in("Max"), site.member_id("Mia")
    max_.send(f"/w/shop/tasks/{task}/add-signer", {"member": str(mia), "when": "before"})
    page = words_of(max_.get(f"{HOME}/{record}").text)
    assert {"Mia", "Waiting", "Later"} <= set(page)
    fresh = office.tasks("Mia")[0].id
    olga = str(site.member_id("Olga"))
    site.signed_in("Mia").send(f"/w/shop/tasks/{fresh}/hand-over", {"member": olga})
    assert [each.id for each in office.tasks("Olga")] == [fresh]


def test_whoever_asked_takes_it_back_on_the_record(office: Office, site: Site) -> None:
    record = office.asked()
    ann = site.signed_in("Ann")
    assert "Take back" in words_of(ann.get(f"{HOME}/{record}").text)
    ann.send(f"{HOME}/{record}/withdraw")
    assert office.state(record) == "draft"


def test_programs_see_and_do_the_same(office: Office, site: Site) -> None:
    record = office.make()
    client, headers = site.app.test_client(), site.token()
    url = f"/api/v1/forms/expenses/records/{record}"
    seen = client.get(f"{url}/state", headers=headers).get_json()
    assert [each["to"] for each in seen["ways"]] == ["asked", "dropped"]
    moved = client.post(f"{url}/move", json={"to": "asked"}, headers=headers).get_json()
    assert moved["approval"]["signers"][0] | {"task": 1} == {
        "member": None, "role": "manager", "state": "open", "due_at": None, "task": 1,
        "mine": False, "stuck": False, "decided_at": None, "decided_by": None,
    }  # fmt: skip
    task = moved["approval"]["signers"][0]["task"]
    boss = site.token("manager")
    mia = site.member_id("Mia")
    hand = client.post(f"/api/v1/tasks/{task}/hand-over", json={"member": mia}, headers=boss)
    assert hand.get_json()["member"] == mia
    more = {"member": site.member_id("Max"), "when": "after"}
    assert client.post(
        f"/api/v1/tasks/{task}/add-signer", json=more, headers=boss
    ).status_code == 200  # fmt: skip
    back = client.post(f"{url}/withdraw", headers=headers).get_json()
    assert (back["state"], back["approval"]) == ("draft", None)
    assert client.post(f"{url}/ask-again", headers=headers).status_code == 409
    wrong = client.post(f"{url}/move", json={"to": "paid"}, headers=headers)
    assert "现在可以选：待审批、已作废。" in wrong.get_json()["problems"][0]["message"]


def test_a_board_offers_only_the_lanes_a_card_may_go_to(office: Office, site: Site) -> None:
    office.make()
    office.asked(what="Mugs")
    page = site.signed_in("Max").get("/w/shop/forms/expenses/records?as=kanban&by=status").text
    lanes = {part.split('"', 1)[0]: part for part in page.split('data-lane="')[1:]}
    offered = {
        name: set(re.findall(r'<option value="(\w+)"', lane)) for name, lane in lanes.items()
    }
    assert offered["draft"] == {"draft", "asked", "dropped"}
    assert offered["asked"] == {"asked"}


def test_where_the_state_is_hidden_nothing_is_told_of_it(office: Office, site: Site) -> None:
    record = office.make()
    hidden = Role("looker", frozenset({"read_records"}), False, forms={
        "expenses": FormRights({"read": "all"}, {"status": "hidden"}),
    })  # fmt: skip
    looker = Access(1, "Lu", "looker", "en", roles={"looker": hidden})
    with office.tx() as uow:
        assert standing_of(uow, looker, "expenses", record) is None
        assert list(flow_moments(uow, looker, "expenses", record)) == []
