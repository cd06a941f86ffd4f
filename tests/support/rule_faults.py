"""Real processes that die in the middle of rules, and what must be true afterwards."""

import contextlib
import faulthandler
import os
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from regulars.platform.db import Database, Workspace
from regulars.platform.events import event
from regulars.platform.faultpoint import VARIABLE
from regulars.platform.mailer import Mail
from regulars.rule_engine.backlog import oldest_due
from regulars.rule_engine.channels.base import Surroundings
from regulars.rule_engine.self_check.checking import check
from regulars.rule_engine.tables import event_failure, mirror_member, outbound, run
from regulars.rule_engine.ticking import Engine
from tests.support.rule_shop import RuleShop

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
        faulthandler.disable()  # who is meant to die need not tell the whole story
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


def assert_sound(shop: RuleShop, mailer: LedgerMailer) -> None:
    """What must be true at rest, whatever died before: every promise, and nothing left to do."""
    with shop.work() as uow:
        assert check(uow).breaches == ()
        assert oldest_due(uow) is None, "I2, I9: everything that is due was done"
        assert not uow.execute(event_failure.select()).all()
        live = uow.execute(run.select().where(run.c.status == "live")).all()
        assert all(row.wait_kind is not None and row.token is None for row in live), "I6"
        messages = uow.execute(outbound.select()).all()
    assert set(mailer.asked().values()) <= {1}, "a provider that cannot tell is asked once"
    told = {name_outside(shop, m) for m in messages if m.channel == "email"}
    assert set(mailer.asked()) <= told
    left = {name_outside(shop, m) for m in messages if (m.channel, m.status) == ("email", "sent")}
    assert left <= set(mailer.asked()), "what is called sent was handed over"


def promises_kept(database: Database, workspace: Workspace) -> None:
    """Every invariant of the engine holds in this workspace."""
    with database.workspace_tx(workspace) as uow:
        assert check(uow).breaches == ()


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


def stops(database: Database, fault: str, work: Callable[[], Any]) -> int:
    """Do ``work`` in a process that is suspended at a named point; its id once it has stopped."""
    once = fault if "@" in fault else f"{fault}@1"
    child = in_child(database, f"{once}:stop", work)
    _pid, status = os.waitpid(child, os.WUNTRACED)
    assert os.WIFSTOPPED(status), f"{fault} was never reached"
    return child


def goes_on(child: int) -> int:
    """Wake a stopped child; how it ended."""
    os.kill(child, signal.SIGCONT)
    return wait_for(child)
