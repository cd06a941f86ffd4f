"""Real processes that die in the middle of rules, and what must be true afterwards."""

import contextlib
import os
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from regulars.platform.db import Database
from regulars.platform.events import event
from regulars.platform.faultpoint import VARIABLE
from regulars.platform.mailer import Mail
from regulars.rule_engine.channels.base import Surroundings
from regulars.rule_engine.tables import event_failure, fire, mirror_member, outbound, run, run_step
from regulars.rule_engine.ticking import Engine
from tests.support.rule_shop import RuleShop

STATES = ("queued", "sending", "sent", "failed", "unknown", "suppressed", "withheld")
AT_ONCE = timedelta(0)  # a lease that is over the moment its holder is


@dataclass(frozen=True)
class LedgerMailer:
    """A provider that does not tell repeats apart and remembers, on disk, what it was asked."""

    path: Path

    def send(self, mail: Mail) -> str:
        """Remember it, whatever happens to the caller."""
        with self.path.open("a", encoding="ascii") as ledger:
            ledger.write(f"{mail.key}\n")
            ledger.flush()
            os.fsync(ledger.fileno())
        return f"<{mail.key}>"

    def asked(self) -> Counter[str]:
        """How often it was asked for each key."""
        return Counter(self.path.read_text("ascii").split()) if self.path.exists() else Counter()


def engine_with(database: Database, mailer: LedgerMailer, lease: timedelta = AT_ONCE) -> Engine:
    """An engine of this database whose claims do not outlive it."""
    return Engine(database, Surroundings(mailer), lease)


def in_child(database: Database, fault: str, work: Callable[[], Any]) -> int:
    """Fork a process that does ``work`` with a fault set; its process id."""
    child = os.fork()
    if child:
        return child
    status = 1
    with contextlib.suppress(BaseException):
        os.environ[VARIABLE] = fault
        database.after_fork()
        work()
        status = 0
    os._exit(status)


def wait_for(child: int) -> int:
    """How a child ended: 0, its exit status, or minus the signal that killed it."""
    _pid, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def dies(database: Database, fault: str, work: Callable[[], Any]) -> None:
    """Do ``work`` in a process that is killed at a named point; it must really be reached."""
    assert wait_for(in_child(database, f"{fault}:kill", work)) == -signal.SIGKILL, fault


def invariants(shop: RuleShop, mailer: LedgerMailer) -> None:
    """What must be true at rest, whatever died before."""
    with shop.work() as uow:
        runs = uow.execute(run.select()).all()
        keys = Counter((row.rule, row.form, row.record, row.entry_key) for row in runs)
        assert set(keys.values()) <= {1}, "I1: one run per rule, person and key"
        waiting = uow.scalar(sa.select(sa.func.count()).where(event.c.processed_at.is_(None)))
        assert waiting == 0, "I2: every event was digested"
        assert not uow.execute(event_failure.select()).all()
        steps = Counter(
            (row.run, row.path, row.iteration) for row in uow.execute(run_step.select())
        )
        assert set(steps.values()) <= {1}, "I3: each step once"
        messages = uow.execute(outbound.select()).all()
        assert set(Counter(m.idempotency_key for m in messages).values()) <= {1}
        for message in messages:
            assert message.status in STATES, "I4: known states only"
            if message.status in ("sent", "unknown"):
                assert message.decision["consent"] is True, "I5: no send without consent"
            if message.status in ("suppressed", "withheld", "failed"):
                assert message.reason, "every message that was not sent has its reason"
        for row in runs:
            if row.status == "live":
                assert row.due_at is not None, "I6: a live run is due or waits for an instant"
                assert row.wait_kind is not None
                assert row.token is None
        slots = Counter((row.rule, row.scheduled_for) for row in uow.execute(fire.select()))
        assert set(slots.values()) <= {1}, "each slot once"
    assert set(mailer.asked().values()) <= {1}, "a provider that cannot tell is asked once"
    told = {name_outside(shop, m) for m in messages if m.channel == "email"}
    assert set(mailer.asked()) <= told


def name_outside(shop: RuleShop, message: Any) -> str:
    """What a mail is called for ever, wherever it arrives."""
    made = int(message.created_at.timestamp())
    return f"{shop.workspace.id}.{message.idempotency_key.replace(':', '.')}.{made}"


def picture(shop: RuleShop) -> dict[str, Any]:
    """Everything that rules made, without ids and instants that may differ."""
    with shop.work() as uow:
        return {
            "runs": sorted(
                (r.rule, r.record, r.status, str(r.cursor)) for r in uow.execute(run.select())
            ),
            "members": sorted(
                (m.rule, m.record, m.value) for m in uow.execute(mirror_member.select())
            ),
            "turns": sorted(
                (e.kind, e.record, e.data["value"])
                for e in uow.execute(event.select().where(event.c.kind.like("mirror_%")))
            ),
            "sms": sorted(
                (m.rule, m.record, m.status)
                for m in uow.execute(outbound.select().where(outbound.c.channel == "sms"))
            ),
        }
