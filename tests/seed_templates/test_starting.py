import sqlalchemy as sa

from regulars.form_builder.records import RecordQuery, find_records
from regulars.platform.accounts.access import system_access
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.events import event
from regulars.rule_engine.digest_tables import report_result
from regulars.rule_engine.looking_over import look_over_due
from regulars.rule_engine.service import resume_rule
from regulars.rule_engine.tables import mirror_member, outbound, rule_state, run
from regulars.rule_engine.ticking import Engine
from regulars.seed_templates.installer import Outcome, Wishes, install
from regulars.seed_templates.removal import remove_sample
from regulars.wiring import rule_engine
from tests.seed_templates.retail import retail_pack
from tests.support.clocks import MovableClock

OWNER = system_access("zh-Hans")
SENDING = {"win_back_30", "thank_you_24h", "birthday", "tier_diamond"}


def set_up(database: Database, workspace: Workspace, wishes: Wishes) -> Outcome:
    with database.workspace_tx(workspace) as uow:
        return install(uow, OWNER, retail_pack(), wishes)


def states(uow: UnitOfWork) -> dict[str, str]:
    rows = uow.execute(sa.select(rule_state.c.rule, rule_state.c.state))
    return {row.rule: row.state for row in rows}


def test_rules_that_write_to_people_wait_and_the_others_work(
    database: Database, workspace: Workspace
) -> None:
    outcome = set_up(database, workspace, Wishes())
    assert set(outcome.paused) == SENDING
    with database.workspace_tx(workspace, write=False) as uow:
        found = states(uow)
    assert {key for key, state in found.items() if state == "paused"} == SENDING
    assert {state for key, state in found.items() if key not in SENDING} == {"active"}


def test_in_the_demo_every_rule_works(database: Database, workspace: Workspace) -> None:
    assert set_up(database, workspace, Wishes(demo=True)).paused == ()
    with database.workspace_tx(workspace, write=False) as uow:
        assert set(states(uow).values()) == {"active"}


def test_a_rule_the_owner_started_stays_started_when_installed_again(
    database: Database, workspace: Workspace
) -> None:
    set_up(database, workspace, Wishes())
    with database.workspace_tx(workspace) as uow:
        resume_rule(uow, OWNER, "birthday")
    assert set_up(database, workspace, Wishes()).is_nothing
    with database.workspace_tx(workspace, write=False) as uow:
        assert states(uow)["birthday"] == "active"


def test_tags_and_tiers_of_the_sample_follow_and_write_to_nobody(
    database: Database, workspace: Workspace, clock: MovableClock
) -> None:
    set_up(database, workspace, Wishes(sample=True, demo=True))
    look_over_due(database, workspace, clock, anyway=True)
    with database.workspace_tx(workspace, write=False) as uow:
        page = find_records(uow, OWNER, "customers", RecordQuery(limit=1000))
        people = [each.values for each in page.records]
        assert {each["tier"] for each in people if each["total_spend"] > 5000} <= {"diamond"}
        assert any("sleeping" in each["tags"] for each in people)
        waiting = sa.select(sa.func.count()).where(event.c.processed_at.is_(None))
        assert uow.scalar(waiting) == 0
        assert uow.scalar(sa.select(sa.func.count()).select_from(run)) == 0
        assert uow.scalar(sa.select(sa.func.count()).select_from(outbound)) == 0


def test_days_later_rules_have_acted_and_all_of_it_leaves_with_the_sample(
    database: Database, workspace: Workspace, clock: MovableClock
) -> None:
    set_up(database, workspace, Wishes(sample=True, demo=True))
    engine: Engine = rule_engine(database)
    for _ in range(8):
        engine.tick(clock.forward(days=1))
    with database.workspace_tx(workspace) as uow:
        acted = set(uow.execute(sa.select(run.c.rule).distinct()).scalars())
        messages = uow.scalar(sa.select(sa.func.count()).select_from(outbound))
        assert {"win_back_30", "birthday"} <= acted
        assert messages > 0
        assert "weekly_figures" in acted  # its figures are those of made-up people
        removed = remove_sample(uow, OWNER, "retail_crm")
        assert removed.kept == {}
        for table in (run, outbound, mirror_member, event, report_result):
            assert uow.scalar(sa.select(sa.func.count()).select_from(table)) == 0, table.name
        assert find_records(uow, OWNER, "coupons", RecordQuery()).records == []
