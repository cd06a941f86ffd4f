"""The pages and the API of access cases, and the question before something is published."""

import json
from typing import Any

import pytest

from regulars.form_builder.access_cases.service import ELSEWHERE
from tests.security.shop_of_two import Attack, open_shop, role
from tests.support.site import Site, Visitor


@pytest.fixture
def attack(site: Site) -> Attack:
    return open_shop(site, role("hidden"))


@pytest.fixture
def owner(site: Site, attack: Attack) -> Visitor:
    return site.signed_in()


def new_case(site: Site, owner: Visitor, **changes: str) -> Any:
    values = {
        "form": "customers", "who": "desk", "expect": "refused", "verb": "read",
        "field": "mobile", "which": "any", "record": "", "label": "", **changes,
    }  # fmt: skip
    return owner.send(f"{site.home}/settings/cases/new", values)


def save_role(site: Site, owner: Visitor, **more: str) -> Any:
    """The sheet of the role with the phone numbers opened."""
    rights = {f"scope//{verb}": "all" for verb in ("read", "create", "update")}
    values = {"label": "Desk", **rights, "field/customers/mobile": "write", **more}
    return owner.send(f"{site.home}/settings/roles/desk", values)


def test_a_case_is_kept_shown_and_removed(site: Site, owner: Visitor) -> None:
    page = owner.get(f"{site.home}/settings/cases")
    assert "No cases yet" in page.text
    sheet = owner.get(f"{site.home}/settings/cases/new?form=customers&record=1")
    assert 'value="elsewhere"' in sheet.text
    assert new_case(site, owner, label="No phones at the desk").status_code == 303
    shown = owner.get(f"{site.home}/settings/cases").text
    assert "No phones at the desk" in shown
    assert "Everything" not in shown
    assert "Holds" in shown
    assert owner.send(f"{site.home}/settings/cases/1/remove").status_code == 303
    assert owner.send(f"{site.home}/settings/cases/1/remove").status_code == 404


@pytest.mark.parametrize(
    ("which", "record", "condition"),
    [("elsewhere", "", ELSEWHERE), ("record", "1", None), ("store:1", "", "unit"),
     ("any", "", None)],
)  # fmt: skip
def test_which_records_are_meant_is_chosen_in_words(
    site: Site, attack: Attack, owner: Visitor, which: str, record: str, condition: Any
) -> None:
    assert new_case(site, owner, which=which, record=record).status_code == 303
    (kept,) = attack_as_owner(site, "GET", "/access/cases")["cases"]
    assert kept["record"] == (1 if record else None)
    assert kept["where"] == condition or kept["where"]["field"] == condition
    assert kept["result"]["state"] == "holds"


def test_mistakes_stand_at_their_inputs(site: Site, owner: Visitor) -> None:
    answer = new_case(site, owner, which="record", record="many", who="nobody")
    assert answer.status_code == 422
    assert "There is nobody like" in answer.text
    assert owner.get(f"{site.home}/settings/cases/new?form=nothing").status_code == 404


def test_saving_a_role_that_breaks_a_case_asks_and_may_be_meant(
    site: Site, owner: Visitor
) -> None:
    new_case(site, owner, label="No phones at the desk")
    asked = save_role(site, owner)
    assert asked.status_code == 409
    assert "No phones at the desk" in asked.text
    assert 'name="field/customers/mobile" value="write"' in asked.text
    headers = site.token()
    kept = site.visitor().get("/api/v1/roles/desk", headers=headers).get_json()
    assert kept["forms"]["customers"]["fields"]["mobile"] == "hidden"
    assert save_role(site, owner, accept_broken_cases="1").status_code == 303
    kept = site.visitor().get("/api/v1/roles/desk", headers=headers).get_json()
    assert "mobile" not in kept["forms"].get("customers", {}).get("fields", {})


def attack_as_owner(site: Site, method: str, path: str, body: Any = None, **more: str) -> Any:
    headers = {**site.token(), **more}
    answer = site.visitor().open(f"/api/v1{path}", method=method, json=body, headers=headers)
    return answer.get_json() if answer.data else answer.status_code


def test_programs_keep_run_and_take_away(site: Site, attack: Attack) -> None:
    wish = {
        "who": "desk", "form": "customers", "expect": "refused", "field": "mobile",
        "where": {"field": "tier", "op": "is", "value": "basic"}, "label": "Basics",
    }  # fmt: skip
    made = attack_as_owner(site, "POST", "/access/cases", wish)
    assert made["result"]["state"] == "holds"
    assert "mobile" in made["sentence"]
    again = attack_as_owner(site, "GET", f"/access/cases/{made['id']}")
    assert again == made
    raw = {**role(), "label": "Desk"}
    assert attack_as_owner(site, "PUT", "/roles/desk", raw)["key"] == "desk"
    refused = attack_as_owner(site, "POST", "/roles/desk/publish")
    assert refused["code"] == "breaks-access-cases"
    assert "Basics" in json.dumps(refused)
    meant = {"Accept-Broken-Cases": "true"}
    assert attack_as_owner(site, "POST", "/roles/desk/publish", **meant)["version"] == 2
    (now,) = attack_as_owner(site, "GET", "/access/cases")["cases"]
    assert now["result"]["state"] == "broken"
    assert now["result"]["records"] == [attack.customer]
    assert attack_as_owner(site, "DELETE", f"/access/cases/{made['id']}") == 204


def test_a_body_with_what_is_not_asked_for_is_refused_whole(site: Site, attack: Attack) -> None:
    wish = {"who": "desk", "form": "customers", "expect": "maybe", "id": 7}
    refused = attack_as_owner(site, "POST", "/access/cases", wish)
    assert {each["path"] for each in refused["problems"]} == {"expect", "id"}
    assert attack.call("GET", "/access/cases").status_code == 403
