"""Who sees what, and why: the answers and what really happens say the same."""

from collections.abc import Callable
from typing import Any

import pytest

from regulars.form_builder.origin import API
from regulars.form_builder.records import create_record, get_record
from regulars.form_builder.who_sees import Asked, Verdict, who_sees, why
from regulars.platform.accounts import members
from regulars.platform.accounts.access import system_access
from regulars.platform.accounts.looking import Eyes
from regulars.platform.definitions import store
from regulars.platform.errors import Forbidden, NotFound
from tests.security.shop_of_two import Attack, open_shop, role
from tests.support.site import Site

OWNER = system_access("en")
FIT = {"condition": {"field": "tier", "op": "is", "value": "diamond"}}
Ask = Callable[..., Verdict]


@pytest.fixture
def attack(site: Site) -> Attack:
    found = open_shop(site, role("hidden"))
    with site.database.workspace_tx(site.workspace) as uow:
        for key, reach in (("own", "own"), ("east", "unit_tree"), ("fit", FIT), ("none", "none")):
            raw = role(key=key, default={}, forms={"customers": {"read": reach}})
            store.save_draft(uow, OWNER, "role", raw)
            store.publish(uow, OWNER, [("role", key)])
        west = {"name": "Westerner", "store": found.west, "tier": "diamond"}
        found.deleted = create_record(uow, OWNER, "customers", west, origin=API).id
    for key in ("own", "east", "fit", "none", "desk"):
        site.person(key.title(), key, [found.east])
    return found


@pytest.fixture
def ask(site: Site, attack: Attack) -> Ask:
    def asking(name: str, **parts: Any) -> Verdict:
        eyes = Eyes(member_id=site.member_id(name))
        with site.database.workspace_tx(site.workspace, write=False) as uow:
            return why(uow, OWNER, eyes, Asked("customers", **parts))

    return asking


@pytest.mark.parametrize(
    ("name", "code", "may"),
    [
        ("Own", "record-of-another", False),
        ("East", "record-elsewhere", False),
        ("Fit", "record-fits", True),
        ("None", "scope-none", False),
        ("Desk", "record-all", True),
    ],
)
def test_each_reach_is_said_for_a_record(
    attack: Attack, ask: Ask, name: str, code: str, may: bool
) -> None:
    verdict = ask(name, record=attack.deleted)
    assert (verdict.reason.code, verdict.may) == (code, may)
    assert "roles." not in verdict.reason.words("en") + verdict.reason.words("zh-Hans")


def test_a_condition_is_laid_out_leaf_by_leaf(attack: Attack, ask: Ask) -> None:
    finding = ask("Fit", record=attack.customer).reason.finding
    assert finding is not None
    assert (finding.holds, finding.shown) == (False, "“basic”")


def test_a_field_is_hidden_or_open(attack: Attack, ask: Ask) -> None:
    assert ask("Desk", field="mobile").reason.code == "field-hidden"
    assert ask("Desk", field="tier").may
    assert ask("East", field="tier").may
    assert not ask("East", field="tier", verb="update").may


def test_the_verdict_is_what_happens(site: Site, attack: Attack) -> None:
    with site.database.workspace_tx(site.workspace, write=False) as uow:
        for record in (attack.customer, attack.deleted):
            for verdict in who_sees(uow, OWNER, Asked("customers", record)):
                assert verdict.member is not None
                theirs = members.member_access(uow, members.get_member(uow, verdict.member))
                try:
                    get_record(uow, theirs, "customers", record)
                    seen = True
                except NotFound:
                    seen = False
                assert verdict.may is seen, verdict


def test_somebody_who_left_sees_nothing(site: Site, ask: Ask) -> None:
    with site.database.workspace_tx(site.workspace) as uow:
        members.set_active(uow, OWNER, site.member_id("Desk"), active=False)
    assert ask("Desk").reason.code == "gone"


def test_it_is_asked_only_by_who_manages_them_and_sees_it(site: Site, attack: Attack) -> None:
    site.person("Max", "manager", [attack.east])
    with site.database.workspace_tx(site.workspace, write=False) as uow:
        max_ = members.access_of(uow, site.people["Max"].id)
        assert max_ is not None
        with pytest.raises(NotFound):
            why(uow, max_, Eyes(role="clerk"), Asked("customers", attack.deleted))
        clerk = members.access_of(uow, site.people["East"].id)
        assert clerk is not None
        with pytest.raises(Forbidden):
            who_sees(uow, clerk, Asked("customers"))


def test_pages_and_programs_get_the_same_answer(site: Site, attack: Attack) -> None:
    browser = site.signed_in("Olga")
    place = f"{site.home}/settings/why?form=customers&record={attack.deleted}"
    page = browser.get(f"{place}&member={site.member_id('East')}")
    assert "This record belongs to West; theirs: East." in page.text
    assert browser.get(place).status_code == 200
    assert browser.get(f"{site.home}/settings/why?form=customers&record=99").status_code == 422
    assert browser.get(f"{site.home}/settings/why").status_code == 200
    asked = f"form=customers&record={attack.deleted}&as=member:{site.member_id('East')}"
    told = (
        site.visitor()
        .get(f"/api/v1/access/why?{asked}", headers=site.token("owner"))
        .get_json()["verdicts"][0]
    )
    assert told["may"] is False
    assert told["answers"][-1]["code"] == "record-elsewhere"
