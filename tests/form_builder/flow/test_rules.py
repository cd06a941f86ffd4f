"""Rules start where a record moves, and move records along the ways that are theirs."""

from typing import Any

from regulars.platform.definitions import store
from regulars.platform.mailer import MemoryMailer
from regulars.rule_engine.channels.base import Surroundings
from regulars.rule_engine.ticking import Engine
from tests.form_builder.flow.conftest import SYSTEM, Office

PAY: dict[str, Any] = {
    "kind": "rule", "key": "pay", "class": "journey", "subject": "expenses",
    "label": {"en": "Pay what was agreed"},
    "trigger": {"on": "record_updated", "fields": ["status"], "to": "agreed"},
    "steps": [
        {"id": "s1", "do": "update_record", "values": {"status": "paid"}},
        {"id": "s2", "do": "update_record", "values": {"status": "draft"}},
    ],
}  # fmt: skip


def test_a_rule_starts_on_a_move_and_goes_its_own_way_only(office: Office) -> None:
    office.publish()
    with office.tx() as uow:
        store.save_draft(uow, SYSTEM, "rule", PAY)
        store.publish(uow, SYSTEM, [("rule", "pay")])
    record = office.asked()
    office.decide("Max", office.tasks("Max")[0].id)
    engine = Engine(office.site.database, Surroundings(MemoryMailer()))
    for _ in range(3):
        engine.tick(workspace=office.site.workspace)
    assert office.state(record) == "paid", "the way back to the start is not there for a rule"
