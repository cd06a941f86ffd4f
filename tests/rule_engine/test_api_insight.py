"""Simulations over HTTP: asked for, waited for, read, and refused."""

from datetime import timedelta

import pytest

from regulars.platform.db import Database, Workspace
from regulars.rule_engine.simulating.desk import SimulationDesk
from tests.rule_engine.test_api import Program
from tests.support.clocks import NOW
from tests.support.rule_shop import RuleShop, journey, sms
from tests.support.site import Site


@pytest.fixture
def program(site: Site) -> Program:
    """A program of the owner's."""
    return Program(site)


@pytest.fixture
def shop(site: Site, database: Database, workspace: Workspace) -> RuleShop:
    """A shop behind the site, one order a week ago."""
    made = RuleShop(database, workspace).open()
    made.publish(sms())
    made.order(made.customer(at=NOW - timedelta(days=8)), at=NOW - timedelta(days=7))
    return made


def test_a_draft_is_simulated_at_once_or_in_the_background(
    shop: RuleShop, program: Program
) -> None:
    program("POST", "/rules", journey())
    done = program("POST", "/rules/greet/simulate", {"days": 30})
    found = done.get_json()
    assert (done.status_code, found["state"], found["figures"]["sent"]) == (200, "done", 1)
    assert found["people"][0]["messages"][0]["status"] == "sent"
    asked = program("POST", "/rules/greet/simulations", {"days": 14})
    assert (asked.status_code, asked.get_json()["state"]) == (202, "due")
    desk = SimulationDesk(shop.database)
    assert desk.is_due(NOW)
    desk.answer()
    read = program("GET", f"/simulations/{asked.get_json()['id']}").get_json()
    assert (read["state"], read["figures"]["entries"], read["progress"]) == ("done", 1, 100)
    assert not desk.is_due(NOW)
    assert shop.runs("greet") == []


def test_bad_wishes_are_refused_with_every_problem(shop: RuleShop, program: Program) -> None:
    program("POST", "/rules", journey(when={"field": "nonsense", "op": "is", "value": 1}))
    refused = program("POST", "/rules/greet/simulate")
    assert refused.status_code == 422
    assert refused.get_json()["problems"]
    assert program("POST", "/rules/greet/simulate", {"days": 0}).status_code == 422
    assert program("POST", "/rules/nobody/simulate").status_code == 404
    assert program("GET", "/simulations/77").status_code == 404
    program("POST", "/rules/greet/simulations")
    SimulationDesk(shop.database).answer()
    failed = program("GET", "/simulations/1").get_json()
    assert (failed["state"], bool(failed["problems"])) == ("failed", True)


def test_who_may_not_write_rules_may_not_try_them(shop: RuleShop, site: Site) -> None:
    clerk = Program(site, "clerk")
    assert clerk("POST", "/rules/greet/simulate").status_code == 403
