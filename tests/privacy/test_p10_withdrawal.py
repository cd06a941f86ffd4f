"""P10, P03, P04: withdrawing stops what waits, on every path, and a scanner withdraws nothing."""

from regulars.platform.db import Database, Workspace
from regulars.rule_engine.links import opt_out, read_opt_out
from regulars.rule_engine.service import resolve_message
from regulars.rule_engine.tables import message_link, outbound
from regulars.wiring import wire
from tests.support.clocks import MovableClock
from tests.support.rule_shop import SYSTEM, RuleShop, journey, sms

WAITS = [
    {"do": "wait", "for": "1d"}, {"do": "send_message", "message": "hello", "channel": "sms"},
]  # fmt: skip


def opened(database: Database, workspace: Workspace) -> RuleShop:
    wire()
    return RuleShop(database, workspace).open()


def test_p10_three_waiting_runs_send_nothing_after_the_withdrawal(
    database: Database, workspace: Workspace, clock: MovableClock
) -> None:
    shop = opened(database, workspace)
    shop.publish(sms(), *(journey(f"r{n}", steps=WAITS) for n in range(3)))
    anna = shop.customer()
    shop.order(anna)
    shop.tick()
    assert len(shop.runs(status="live")) == 3
    shop.consent(anna, "withdraw")
    clock.forward(days=2)
    shop.tick()
    assert shop.messages() == []
    assert {run.outcome for run in shop.runs()} == {"consent_withdrawn"}
    assert shop.read("customers", anna)["mobile"]  # not deleted: the person stays a customer


def test_p03_sending_again_by_hand_asks_the_same_gate(
    database: Database, workspace: Workspace
) -> None:
    shop = opened(database, workspace)
    shop.publish(sms(), journey())
    anna = shop.customer()
    shop.order(anna)
    shop.tick()
    with shop.work() as uow:
        uow.execute(outbound.update().values(status="unknown"))
    shop.consent(anna, "withdraw")
    (first,) = shop.messages()
    with shop.work() as uow:
        resolve_message(uow, SYSTEM, first.id, "resend")
    shop.tick()
    assert {(m.status, m.reason["code"]) for m in shop.messages()} == {
        ("suppressed", "consent-withdrawn")
    }


def test_p04_a_scanner_that_opens_the_link_ends_nothing_and_the_press_does(
    database: Database, workspace: Workspace
) -> None:
    shop = opened(database, workspace)
    shop.publish(sms(text="Come! {link:opt_out}"), journey())
    anna = shop.customer()
    shop.order(anna)
    shop.tick()
    with shop.work() as uow:
        token = uow.execute(message_link.select()).one().token
        for _ in range(3):
            assert not read_opt_out(uow, token).is_done
    with shop.work() as uow:
        assert opt_out(uow, token).is_done
    shop.order(anna)
    shop.tick()
    assert [m.status for m in shop.messages()] == ["sent", "suppressed"]
