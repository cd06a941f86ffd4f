"""What somebody sees of runs that stand still, and decides about them."""

import pytest

from regulars.platform.db import Database, Workspace
from regulars.rule_engine.breaking import pause_by_itself
from regulars.rule_engine.tables import decision, rule_state, run
from tests.support.clocks import NOW
from tests.support.rule_shop import RuleShop, journey
from tests.support.site import Site, words_of

STUCK = "/w/shop/runs"
FAILED = "/w/shop/runs?status=failed"
SAME_CODE = {
    "id": "coupon", "do": "create_record", "form": "coupons", "values": {"code": "SAME"},
}  # fmt: skip


@pytest.fixture
def shop(site: Site, database: Database, workspace: Workspace) -> RuleShop:
    """A shop whose rule could not be done for Bob (run 2), and stumbled for Cleo (run 3)."""
    made = RuleShop(database, workspace).open()
    made.publish(journey(steps=[SAME_CODE, {"id": "tag", "do": "add_tags", "tags": ["done"]}]))
    for name in ("Anna", "Bob", "Cleo"):
        made.order(made.customer(name=name))
        made.tick()
    stumbled = {"code": "step-error", "error": "out of breath"}
    with made.work() as uow:
        uow.execute(
            run.update().where(run.c.record == 3).values(
                status="stuck", outcome="stuck", reason=stumbled
            )
        )  # fmt: skip
    return made


def test_what_stands_still_is_listed_with_why_and_where(shop: RuleShop, site: Site) -> None:
    owner = site.signed_in()
    assert STUCK in owner.get("/w/shop/").text
    assert f"{STUCK}?rule=greet" in owner.get("/w/shop/rules/greet").text
    stuck = words_of(owner.get(STUCK).text)
    assert {"Cleo", "greet", "Tried ten times in vain: out of breath", "Try again"} <= set(stuck)
    assert "Bob" not in stuck
    failed = words_of(owner.get(f"{FAILED}&rule=greet").text)
    assert {
        "Bob",
        "Pass over this step",
        "End it",
        "code: Another record already has “this value”.",
    } <= set(failed)
    assert any("The form did not take the record" in words for words in failed)
    assert "Nothing is stuck" in words_of(owner.get(f"{STUCK}?status=stuck&rule=other").text)


def test_it_is_decided_there_or_on_the_page_of_the_run(shop: RuleShop, site: Site) -> None:
    owner = site.signed_in()
    assert "Try again" in words_of(owner.get("/w/shop/runs/2").text)
    passed = owner.send("/w/shop/runs/2/pass-over", {"back": "failed", "rule": "greet"})
    assert passed.headers["Location"].endswith(f"{FAILED}&rule=greet")
    assert owner.send("/w/shop/runs/3/stop").headers["Location"].endswith("/w/shop/runs/3")
    shop.tick()
    assert [each.outcome for each in shop.runs("greet")] == [
        "finished", "finished", "stopped_by_hand",
    ]  # fmt: skip
    assert "Try again" not in words_of(owner.get("/w/shop/runs/2").text)
    assert owner.send("/w/shop/runs/2/retry").status_code == 409
    assert owner.send("/w/shop/runs/999/retry").status_code == 404


def test_today_counts_both_kinds_and_tries_all_of_one_again(shop: RuleShop, site: Site) -> None:
    owner = site.signed_in()
    today = words_of(owner.get("/w/shop/").text)
    assert {"A rule is stuck for 1 person", "A rule could not go on for 1 person"} <= set(today)
    done = owner.send("/w/shop/runs/retry", {"status": "stuck", "back": "today"})
    assert (done.status_code, done.headers["Location"]) == (303, "/w/shop/")
    client, headers = site.app.test_client(), site.token()
    told = client.post("/api/v1/runs/retry", json={"status": "failed"}, headers=headers)
    assert told.get_json() == {"retried": 1}
    assert [each.status for each in shop.runs("greet")] == ["done", "live", "live"]
    assert owner.send("/w/shop/runs/retry", {"status": "live"}).status_code == 409


def test_a_program_passes_over_and_a_clerk_does_not(shop: RuleShop, site: Site) -> None:
    client = site.app.test_client()
    passed = client.post("/api/v1/runs/2/pass-over", headers=site.token())
    assert (passed.status_code, passed.get_json()["status"]) == (200, "live")
    again = client.post("/api/v1/runs/2/pass-over", headers=site.token())
    assert again.status_code == 409
    clerk = site.signed_in("Carl", "clerk")
    assert clerk.get(STUCK).status_code == 403
    assert clerk.send("/w/shop/runs/3/retry").status_code == 403


def test_the_page_of_a_rule_shows_the_circle_it_was_kept_out_of(
    shop: RuleShop, site: Site
) -> None:
    told = {"code": "loop", "chain": ["greet", "thanks"]}
    with shop.work() as uow:
        held = {"rule": "greet", "form": "customers", "record": 1, "reason": told, "at": NOW}
        uow.execute(decision.insert().values(held))
    page = words_of(site.signed_in().get("/w/shop/rules/greet").text)
    assert any("greet → thanks → greet" in words for words in page)


def test_the_log_names_rules_and_ways_in_the_owners_words(shop: RuleShop, site: Site) -> None:
    owner = site.signed_in()
    owner.send("/w/shop/rules/greet/pause")
    with shop.work() as uow:
        state = {"code": "too-many-failures", "failed": 9, "tried": 20}
        uow.execute(rule_state.update().values(state="active"))
        pause_by_itself(uow, "greet", state)
    log = words_of(owner.get("/w/shop/settings/log").text)
    assert {"Paused a rule", "greet", "9 of 20 steps failed within an hour."} <= set(log)
