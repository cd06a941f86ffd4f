"""S15: a device at the counter forgets people once its clerk is out, and loses no sale."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from regulars.platform.accounts import members, sessions
from regulars.platform.accounts.access import system_access
from regulars.platform.web.visit import fingerprint
from regulars.platform.workspaces import get_workspace
from tests.support.browser import PHONE, complaints_of
from tests.support.live_server import LiveServer
from tests.support.people import let_in
from tests.support.till_screen import Contexts, at_till, pay, sales, serve

pytestmark = pytest.mark.browser
KEPT = """async () => {
  const base = await new Promise((resolve) => {
    const asked = indexedDB.open("regulars-till");
    asked.onsuccess = () => resolve(asked.result);
  });
  const all = (shelf) => new Promise((resolve) => {
    const asked = base.transaction(shelf).objectStore(shelf).getAll();
    asked.onsuccess = () => resolve(asked.result);
  });
  return {
    people: await all("people"), names: (await all("sales")).map((each) => each.name),
    shelves: await caches.keys(),
    workers: (await navigator.serviceWorker.getRegistrations()).length,
  };
}"""


def wait_with_a_sale(page: Page, context: BrowserContext) -> None:
    serve(page, "1234")
    context.set_offline(True)
    pay(page, "60")
    kept = page.evaluate(KEPT)
    assert (kept["names"], kept["workers"]) == (["A*"], 1)
    assert [len(each["people"]) for each in kept["people"]] == [3]
    assert "13800001234" not in str(kept)
    complaints_of(context).clear()


def test_signing_out_leaves_nothing_of_people_on_the_device(
    till_floor: LiveServer, open_context: Contexts
) -> None:
    context = open_context(viewport=PHONE)
    page = at_till(context, till_floor)
    wait_with_a_sale(page, context)
    page.close()
    context.set_offline(False)
    page = context.new_page()
    page.goto(f"{till_floor.url}/w/shop/tills")
    page.get_by_label("My account").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("html[data-forgotten]")).to_be_attached()
    assert page.evaluate(KEPT) == {"people": [], "names": [""], "shelves": [], "workers": 0}


def test_a_session_that_was_ended_hands_in_nothing_until_somebody_may(
    till_floor: LiveServer, open_context: Contexts
) -> None:
    context = open_context(viewport=PHONE)
    page = at_till(context, till_floor)
    wait_with_a_sale(page, context)
    [visit] = [each["value"] for each in context.cookies() if each["name"] == "regulars"]
    with till_floor.database.main_tx() as connection:
        sessions.close_session(connection, fingerprint(visit))
    context.set_offline(False)
    expect(page.locator("[data-bar]")).to_contain_text("Sign in to go on")
    assert page.evaluate(KEPT)["people"] == []
    assert sales(till_floor) == []
    let_in(context, till_floor, "Dora", "clerk", "en")
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.locator("[data-bar]")).to_be_hidden()
    assert [str(each["amount"]) for each in sales(till_floor)] == ["60.00"]


def test_a_clerk_who_lost_the_right_hands_in_nothing(
    till_floor: LiveServer, open_context: Contexts
) -> None:
    context = open_context(viewport=PHONE)
    page = at_till(context, till_floor)
    wait_with_a_sale(page, context)
    place = get_workspace(till_floor.database, "shop")
    with till_floor.database.workspace_tx(place) as uow:
        [clerk] = [each for each in members.list_members(uow) if each.role == "clerk"]
        members.set_active(uow, system_access("en"), clerk.id, active=False)
    context.set_offline(False)
    expect(page.locator("[data-bar]")).to_contain_text("Sign in to go on")
    assert sales(till_floor) == []
    assert page.evaluate(KEPT)["names"] == [""]
    complaints_of(context).clear()
