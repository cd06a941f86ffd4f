"""Reports that rules send, over HTTP."""

import pytest

from regulars.platform.db import Database, Workspace
from tests.rule_engine.test_api import Program
from tests.support.digests import BY_DAY, digest, join
from tests.support.rule_shop import RuleShop, journey, sms
from tests.support.site import Site


@pytest.mark.one_database
def test_a_report_rule_is_made_run_and_read(
    site: Site, database: Database, workspace: Workspace
) -> None:
    program, shop = Program(site), RuleShop(database, workspace).open()
    join(shop, 99)
    shop.publish(BY_DAY, sms())
    shop.publish(journey())
    assert program("POST", "/rules", digest()).status_code == 201
    assert program("POST", "/rules/weekly/publish").status_code == 200
    assert program("POST", "/rules/weekly/count").status_code == 409
    assert program("POST", "/rules/greet/run-now").status_code == 409
    assert program("POST", "/rules/weekly/run-now").status_code == 202
    shop.tick()
    listed = program("GET", "/rules/weekly/results").get_json()
    (head,) = listed["results"]
    assert (head["from"], head["to"], head["unfinished"]) == ("2026-03-02", "2026-03-09", False)
    (run,) = program("GET", "/runs?rule=weekly").get_json()["runs"]
    assert run["subject"]["id"] == 0
    whole = program("GET", f"/report-results/{head['id']}").get_json()
    assert whole["headings"][1] == "Revenue"
    assert program("GET", "/report-results/999").status_code == 404
    assert program("GET", "/rules/weekly/effect").status_code == 200
    assert program("POST", "/rules/weekly/explain", {"record": 1}).status_code == 409
