"""Old values come back out of the history, by the same checks as any other change."""

from typing import Any

import pytest

from regulars.form_builder.history import history_of
from regulars.form_builder.origin import API
from regulars.form_builder.putting_back import put_back
from regulars.form_builder.records import get_record, update_record
from regulars.platform.accounts import members
from regulars.platform.accounts.access import system_access
from regulars.platform.errors import Invalid, NotFound
from tests.security.shop_of_two import SECRET, Attack, open_shop, role
from tests.support.site import Site

OWNER = system_access("en")


@pytest.fixture
def attack(site: Site) -> Attack:
    found = open_shop(site, role("masked"))
    with site.database.workspace_tx(site.workspace) as uow:
        changes = {"name": "李四", "mobile": "13911112222"}
        update_record(uow, OWNER, "customers", found.customer, changes, origin=API)
    return found


def latest(site: Site, attack: Attack) -> int:
    with site.database.workspace_tx(site.workspace, write=False) as uow:
        return history_of(uow, "customers", attack.customer)[0].id


def values(site: Site, attack: Attack) -> Any:
    with site.database.workspace_tx(site.workspace, write=False) as uow:
        return get_record(uow, OWNER, "customers", attack.customer).values


def test_one_value_comes_back_on_the_page_and_the_other_stays(site: Site, attack: Attack) -> None:
    browser, here = site.signed_in(), f"{site.home}/forms/customers/records/{attack.customer}"
    page = browser.get(f"{here}?tab=history")
    act = f"{here}/history/{latest(site, attack)}/put-back"
    assert act in page.text
    assert browser.send(act, {"field": "name"}).status_code == 303
    found = values(site, attack)
    assert (found["name"], found["mobile"]) == ("张三", "+8613911112222")
    assert "version" in browser.get(here).text


def test_a_value_that_clashes_by_now_is_not_put_back(site: Site, attack: Attack) -> None:
    line = latest(site, attack)
    taken = {"name": "Other", "mobile": SECRET}
    headers = site.token()
    site.visitor().post("/api/v1/forms/customers/records", json=taken, headers=headers)
    here = f"{site.home}/forms/customers/records/{attack.customer}"
    site.signed_in().send(f"{here}/history/{line}/put-back", {"field": "mobile"})
    assert values(site, attack)["mobile"] == "+8613911112222"


def test_what_somebody_may_not_change_they_do_not_put_back(site: Site, attack: Attack) -> None:
    site.person("Desk", "desk")
    line = latest(site, attack)
    with site.database.workspace_tx(site.workspace) as uow:
        desk = members.access_of(uow, site.people["Desk"].id)
        assert desk is not None
        with pytest.raises(Invalid):
            put_back(uow, desk, "customers", attack.customer, line, ["mobile"], origin=API)
        put_back(uow, desk, "customers", attack.customer, line, origin=API)
    found = values(site, attack)
    assert (found["name"], found["mobile"]) == ("张三", "+8613911112222")


def test_programs_put_back_a_whole_line_and_are_told_what_is_wrong(
    site: Site, attack: Attack
) -> None:
    headers, path = site.token(), f"/api/v1/forms/customers/records/{attack.customer}/history"
    told = site.visitor().get(path, headers=headers).get_json()
    assert told["form_version"] == 1
    act = f"{path}/{told['history'][0]['id']}/put-back"
    back = site.visitor().post(act, headers=headers).get_json()
    assert (back["name"], back["mobile"]) == ("张三", f"+86{SECRET}")
    wrong = site.visitor().post(act, json={"fields": ["tier", "x"]}, headers=headers)
    assert {each["path"] for each in wrong.get_json()["problems"]} == {"tier", "x"}
    made = site.visitor().post(f"{path}/1/put-back", headers=headers)
    assert made.status_code == 422  # the line of its making names nothing to go back to
    with site.database.workspace_tx(site.workspace) as uow, pytest.raises(NotFound):
        put_back(uow, OWNER, "customers", attack.customer, 9999, origin=API)
