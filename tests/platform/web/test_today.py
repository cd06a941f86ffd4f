"""The first page of a workspace: whom to call and why, what is stuck, what was sent."""

from datetime import timedelta

import pytest

from regulars.form_builder.origin import Origin
from regulars.form_builder.records import create_record
from regulars.platform.accounts.access import system_access
from regulars.platform.definitions import store
from regulars.platform.tasks.service import NewTask, create_task
from regulars.platform.today import read_today
from regulars.rule_engine.today import show_groups
from tests.support.rule_shop import CUSTOMERS, ORDERS, RuleShop, mirror
from tests.support.site import Site, words_of

SYSTEM = system_access("en")
NAMED = {"field": "name", "op": "is_not_empty"}


@pytest.fixture
def anna(site: Site) -> int:
    with site.database.workspace_tx(site.workspace) as uow:
        for each in (CUSTOMERS, ORDERS):
            store.save_draft(uow, SYSTEM, "form", each)
        store.publish(uow, SYSTEM, [("form", "customers"), ("form", "orders")])
        values = {"name": "Anna", "mobile": "13812345678"}
        made = create_record(uow, SYSTEM, "customers", values, origin=Origin("cli"))
    return made.id


def add_tasks(site: Site, anna: int) -> None:
    with site.database.workspace_tx(site.workspace) as uow:
        late = uow.now - timedelta(hours=2)
        call = NewTask("Ask about the coat", form="customers", record=anna, due_at=late)
        create_task(uow, SYSTEM, call)
        create_task(uow, SYSTEM, NewTask("Order paper"))
        ask = NewTask("20 % for Anna?", kind="approval", form="customers", record=anna)
        create_task(uow, SYSTEM, ask)


def test_a_new_shop_is_told_what_to_do_next(site: Site) -> None:
    words = " ".join(words_of(site.signed_in().get("/w/shop/").text))
    assert "Nobody is waiting for a call" in words
    assert "Get your shop ready" in words
    assert "Nothing has gone out" in words


def test_tasks_about_people_say_whom_to_call_and_why(site: Site, anna: int) -> None:
    add_tasks(site, anna)
    owner = site.signed_in()
    page = owner.get("/w/shop/").text
    words = " ".join(words_of(page))
    for part in (
        "Anna",
        "Ask about the coat",
        "Order paper",
        "20 % for Anna?",
        "1 task is overdue",
    ):
        assert part in words
    assert 'href="tel:' in page
    data = site.app.test_client().get("/api/v1/today", headers=site.token()).get_json()
    (call,) = data["calls"]
    assert (call["person"]["title"], call["reasons"][0]["text"]) == ("Anna", "Ask about the coat")
    assert [line["title"] for line in data["tasks"]] == ["Order paper", "20 % for Anna?"]
    assert [each["code"] for each in data["troubles"]] == ["tasks-late"]
    assert data["sent"] == {
        "number": 0, "cost": "0", "by_channel": {}, "held_back": {}, "waiting": 0,
    }  # fmt: skip
    task = call["reasons"][0]["task"]
    done = owner.send(f"/w/shop/tasks/{task}/finish", {"back": "today"})
    assert done.headers["Location"].endswith("/w/shop/")


def test_a_clerk_sees_no_figures_of_rules(site: Site, anna: int) -> None:
    add_tasks(site, anna)
    words = " ".join(words_of(site.signed_in("Cleo", "clerk").get("/w/shop/").text))
    assert "Sent in the last 24 hours" not in words
    assert "Stop all sending" not in words


def test_a_group_is_shown_once_it_is_chosen(site: Site, anna: int) -> None:
    shop = RuleShop(site.database, site.workspace)
    shop.publish(mirror("named", NAMED, {"field": "tags", "add": "named"}))
    shop.tick()
    owner = site.signed_in()
    assert "Nobody is waiting for a call" in owner.get("/w/shop/").text
    owner.send("/w/shop/today/groups", {"group": "named"})
    assert ">Anna</a>" in owner.get("/w/shop/").text
    assert owner.send("/w/shop/today/groups", {"group": "nothing"}).status_code == 404
    with shop.work() as uow:
        (call,) = read_today(uow, SYSTEM).calls
        assert [each.kind for each in call.reasons] == ["group"]
        show_groups(uow, SYSTEM, [])
        assert read_today(uow, SYSTEM).calls == []


def test_what_is_stopped_says_who_and_why_for_everybody(site: Site) -> None:
    site.signed_in("Mia", "manager").send("/w/shop/sending/stop", {"reason": "wrong price"})
    words = " ".join(words_of(site.signed_in("Cleo", "clerk").get("/w/shop/").text))
    assert "All sending is stopped" in words
    assert "Mia stopped it" in words
    assert "wrong price" in words
    assert "Let it go on" not in words
