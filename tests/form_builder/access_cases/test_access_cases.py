"""Access cases: what is kept, what comes out, and that publishing asks before it breaks one."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from regulars.form_builder.access_cases.judging import Judged, judge_all
from regulars.form_builder.access_cases.service import (
    ELSEWHERE,
    AccessCase,
    drop_case,
    every_case,
    keep_case,
    list_cases,
)
from regulars.form_builder.access_cases.watching import cases
from regulars.form_builder.changing.used_by import uses_of_field
from regulars.form_builder.origin import API
from regulars.form_builder.records import create_record
from regulars.platform.accounts import members
from regulars.platform.accounts.access import system_access
from regulars.platform.accounts.audit import audit
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.definitions.watching import WouldBreak, accept
from regulars.platform.errors import Forbidden, Invalid
from regulars.platform.health.findings import Place
from tests.security.shop_of_two import Attack, open_shop, role
from tests.support.shop_forms import publish_forms
from tests.support.site import Site

OWNER = system_access("en")
Judge = Callable[..., Judged]


def lina_role(mobile: str = "write", read: str = "unit") -> dict[str, Any]:
    """A clerk of one store; what she may do with customers can be turned."""
    fields = {"mobile": mobile} if mobile != "write" else {}
    rights = {"read": read, "update": "unit", "fields": fields}
    return role(key="lina", default={}, forms={"customers": rights})


def audit_actions(uow: UnitOfWork) -> list[str]:
    return list(uow.execute(sa.select(audit.c.action).order_by(audit.c.id)).scalars())


def publish_role(site: Site, raw: dict[str, Any], *, mean_it: bool = False) -> None:
    with site.database.workspace_tx(site.workspace) as uow:
        if mean_it:
            accept(uow)
        store.save_draft(uow, OWNER, "role", raw)
        store.publish(uow, OWNER, [("role", raw["key"])])


@pytest.fixture
def attack(site: Site) -> Attack:
    """Li Na works in East; one customer belongs there, one to West, one to nobody."""
    found = open_shop(site, role("hidden"))
    publish_role(site, lina_role())
    site.person("Lina", "lina", [found.east])
    with site.database.workspace_tx(site.workspace) as uow:
        for name, unit in (("Easterner", found.east), ("Westerner", found.west)):
            create_record(uow, OWNER, "customers", {"name": name, "store": unit}, origin=API)
    return found


@pytest.fixture
def judge(site: Site, attack: Attack) -> Judge:
    def judging(expect: Any, **parts: Any) -> Judged:
        who = parts.pop("who", f"member:{site.member_id('Lina')}")
        case = AccessCase(who, "customers", expect, **parts)
        with site.database.workspace_tx(site.workspace) as uow:
            (found,) = judge_all(uow, [keep_case(uow, OWNER, case)], "en")
        return found

    return judging


@pytest.mark.parametrize(
    ("expect", "parts", "state", "code"),
    [
        ("allowed", {}, "holds", "as-wanted"),
        ("refused", {}, "broken", "may"),
        ("refused", {"verb": "delete"}, "holds", "as-wanted"),
        ("refused", {"condition": ELSEWHERE, "field": "mobile"}, "holds", "as-wanted-of"),
        ("allowed", {"condition": ELSEWHERE}, "broken", "may-not"),
        ("allowed", {"record": 1, "field": "mobile", "verb": "update"}, "holds", "as-wanted-of"),
        ("refused", {"record": 1}, "broken", "may"),
        (
            "refused",
            {"condition": {"field": "name", "op": "is", "value": "Nobody"}},
            "holds",
            "none-meant",
        ),
        ("refused", {"who": "desk", "field": "mobile"}, "holds", "as-wanted"),
        ("refused", {"who": "clerk@W", "condition": ELSEWHERE}, "holds", "as-wanted-of"),
    ],
)
def test_a_case_says_what_really_is(
    judge: Judge, expect: str, parts: dict[str, Any], state: str, code: str
) -> None:
    found = judge(expect, **parts)
    assert (found.state, found.code) == (state, code)
    for locale in ("en", "zh-Hans"):
        assert "access-cases." not in found.words(locale)


def test_the_records_that_speak_against_it_are_named_with_the_reason(judge: Judge) -> None:
    found = judge("allowed", condition=ELSEWHERE)
    assert len(found.records) == 1
    assert "belongs to West" in found.words("en")


def test_a_masked_value_is_not_seen_and_a_read_only_one_not_changed(
    site: Site, judge: Judge
) -> None:
    publish_role(site, lina_role("masked"))
    assert judge("refused", record=1, field="mobile").holds
    publish_role(site, lina_role("read_only"), mean_it=True)
    assert judge("allowed", record=1, field="mobile").holds
    assert judge("refused", record=1, field="mobile", verb="update").holds


def test_a_case_whose_ground_is_gone_says_so(site: Site, judge: Judge) -> None:
    kept = judge("refused", condition=ELSEWHERE).case
    with site.database.workspace_tx(site.workspace) as uow:
        members.set_active(uow, OWNER, site.member_id("Lina"), active=False)
        (found,) = judge_all(uow, [kept], "en")
        assert (found.state, found.code) == ("void", "who-gone")
        assert [each.id for each in list_cases(uow, OWNER)] == [kept.id]
        drop_case(uow, OWNER, kept.id)
        assert every_case(uow) == []


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"who": "member:99"}, "nobody-like-that"),
        ({"who": "clerk@NOWHERE"}, "nobody-like-that"),
        ({"field": "nothing"}, "unknown-field"),
        ({"form": "nothing"}, "unknown-form"),
        ({"record": 999}, "no-such-record"),
        ({"record": 1, "condition": ELSEWHERE}, "one-record-or-condition"),
        ({"verb": "create", "record": 1}, "create-has-no-record"),
        ({"condition": {"field": "nothing", "op": "is", "value": 1}}, "unknown-field"),
        ({"label": "x" * 201}, "text-too-long"),
    ],
)
def test_what_cannot_be_asked_is_not_kept(
    site: Site, attack: Attack, parts: dict[str, Any], code: str
) -> None:
    wanted = AccessCase(**{"who": "clerk", "form": "customers", "expect": "refused", **parts})
    with (
        site.database.workspace_tx(site.workspace) as uow,
        pytest.raises(Invalid) as refused,
    ):
        keep_case(uow, OWNER, wanted)
    assert code in {each.code for each in refused.value.problems}


def test_publishing_a_role_that_breaks_a_case_asks_first(site: Site, judge: Judge) -> None:
    assert judge("refused", condition=ELSEWHERE, field="mobile", label="Not their phones").holds
    with pytest.raises(WouldBreak) as asked:
        publish_role(site, lina_role(read="all"))
    assert "Not their phones" in asked.value.sentences[0]
    publish_role(site, lina_role("hidden", read="all"))  # they see the records, not the phones
    with pytest.raises(WouldBreak):
        publish_role(site, lina_role(read="all"))
    publish_role(site, lina_role(read="all"), mean_it=True)
    publish_role(site, {**lina_role(read="all"), "label": "Li"})  # broken already: nobody asks


def test_publishing_a_form_asks_too_and_the_case_is_told_as_a_use(site: Site) -> None:
    note: dict[str, Any] = {
        "kind": "form", "key": "notes", "label": "Notes",
        "fields": [{"key": "what", "type": "text"}, {"key": "secret", "type": "text"}],
    }  # fmt: skip
    with site.database.workspace_tx(site.workspace) as uow:
        publish_forms(uow, [note])
        keep_case(uow, OWNER, AccessCase("clerk", "notes", "allowed", field="secret"))
        (use,) = uses_of_field(uow, OWNER, "notes", "secret")
        assert use.kind == "access-case"
        store.save_draft(uow, OWNER, "form", {**note, "fields": note["fields"][:1]})
    with pytest.raises(WouldBreak), site.database.workspace_tx(site.workspace) as uow:
        store.publish(uow, OWNER, [("form", "notes")])
    with site.database.workspace_tx(site.workspace) as uow:
        assert store.get_draft(uow, "form", "notes").changed
        accept(uow)
        assert store.publish(uow, OWNER, [("form", "notes")]) == {("form", "notes"): 2}
        assert audit_actions(uow)[-1] == "cases-overruled"


def test_the_health_report_tells_of_each_that_does_not_hold(site: Site, judge: Judge) -> None:
    place = Place(site.database, site.workspace, site.database.clock())
    assert judge("allowed").holds
    assert [each.code for each in cases(place)] == ["access-cases-hold"]
    judge("refused", label="Nobody at all")
    (told,) = cases(place)
    assert (told.level, told.code) == ("bad", "access-case-broken")
    assert "Nobody at all" in told.text("en") + told.text("zh-Hans")


def test_nobody_reads_a_case_about_what_they_may_not_see(site: Site, judge: Judge) -> None:
    judge("refused", who="owner", field="mobile")
    judge("refused", field="mobile", record=1)
    rights = role(key="lead", default={}, capabilities=["manage_roles", "manage_members"])
    rights["forms"] = {"customers": {"read": "all", "fields": {"mobile": "hidden"}}}
    publish_role(site, rights)
    site.person("Lead", "lead")
    with site.database.workspace_tx(site.workspace, write=False) as uow:
        lead = members.access_of(uow, site.people["Lead"].id)
        assert lead is not None
        assert list_cases(uow, lead) == []
        lina = members.access_of(uow, site.people["Lina"].id)
        assert lina is not None
        with pytest.raises(Forbidden):
            list_cases(uow, lina)
