"""A real installation whose parts are killed and suspended at random while orders come in.

    python -m benchmarks.chaos [--seconds 30] [--seed N] [--database postgresql+psycopg://…]

It starts `regulars up` in a folder of its own and sends orders through the API (each until it is
acknowledged, some of them twice). Meanwhile web, workers, ticker and Valkey are killed and
suspended, the queue is emptied or takes no writes, connections of the database are cut (a file is
locked), the clock jumps, and the programs that are called accept and then hang, break or answer
nonsense. In the end every order is compared with what reached those programs, and every promise of
the rules is asked. For a long run: ``--seconds 600``. The seed is printed; the same one makes the
same choices.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import random
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy as sa

from benchmarks.chaos_harm import Harm, set_clock
from benchmarks.chaos_sink import Ledger, sink
from regulars import wiring
from regulars.form_builder import records
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.origin import Origin
from regulars.platform.accounts import tokens
from regulars.platform.accounts.access import system_access
from regulars.platform.accounts.tokens import TokenWish
from regulars.platform.clock import utc_now
from regulars.platform.config import Config
from regulars.platform.db import Database, Workspace
from regulars.platform.definitions import store
from regulars.platform.sealing import seal_for
from regulars.platform.workspaces import create_workspace
from regulars.rule_engine.backlog import oldest_due
from regulars.rule_engine.channel_keeping import AccountWish, keep_account
from regulars.rule_engine.circuits import let_try_again
from regulars.rule_engine.leases import LEASE
from regulars.rule_engine.self_check.checking import check
from regulars.rule_engine.service import choose_provider
from regulars.rule_engine.standing import retry_run
from regulars.rule_engine.tables import outbound, run
from regulars.rule_engine.webhooks import WebhookWish, add_webhook

ACCESS = system_access("en")
PEOPLE = 50
PATIENCE = 300.0  # seconds after which an order must have been acknowledged, whatever happens
URL = "/api/v1/forms/orders/records"
CLOCK = "REGULARS_CHAOS_CLOCK"
FORMS: list[dict[str, Any]] = [
    {
        "kind": "form", "key": "customers", "label": "Customers", "title": "{name}",
        "person": {"name": "name", "mobile": "mobile"},
        "fields": [
            {"key": "name", "type": "text"}, {"key": "mobile", "type": "phone"},
            {"key": "tags", "type": "tags"},
        ],
    },
    {
        "kind": "form", "key": "orders", "label": "Orders",
        "fields": [
            {"key": "customer", "type": "link", "to": "customers"},
            {"key": "number", "type": "number"},
        ],
    },
    {
        "kind": "form", "key": "coupons", "label": "Coupons",
        "fields": [{"key": "number", "type": "number"}],
    },
    {
        "kind": "message", "key": "thanks", "purpose": "service",
        "channels": {"sms": {"text": "Thank you, {name}!"}},
    },
    {
        "kind": "rule", "key": "thanks", "label": "Thanks", "class": "journey",
        "subject": "customers",
        "trigger": {"on": "record_created", "form": "orders", "link": "customer"},
        "guards": {"purpose": "service", "quiet_hours": None},
        "steps": [
            {"do": "create_record", "form": "coupons",
             "values": {"number": {"formula": "trigger.number"}}},
            {"do": "add_tags", "tags": ["thanked"]},
            {"do": "call_webhook", "to": "sink",
             "values": {"number": {"formula": "trigger.number"}}},
            {"do": "send_message", "message": "thanks", "channel": "sms",
             "not_later_than": "365d"},
            {"do": "wait", "for": "1h"},
            {"do": "add_tags", "tags": ["waited"]},
        ],
    },
    {
        "kind": "rule", "key": "buyer", "label": "Buyers", "class": "mirror",
        "subject": "customers", "when": {"field": "tags", "op": "has", "value": "waited"},
        "sets": {"field": "tags", "add": "buyer"},
    },
]  # fmt: skip


@dataclass
class Installation:
    """A running `regulars up` and the way in."""

    process: subprocess.Popen[bytes]
    port: int
    config: Config
    database: Database
    place: Workspace
    token: str
    clock_file: Path

    def order(self, number: int) -> None:
        """Send one order until it is acknowledged; whoever asks again gets the same answer."""
        head = {
            "Authorization": f"Bearer {self.token}", "Content-Type": "application/json",
            "Idempotency-Key": f"order-{number}",
        }  # fmt: skip
        body = json.dumps({"customer": number % PEOPLE + 1, "number": number})
        until, seen = time.monotonic() + PATIENCE, Counter[int]()
        while True:
            status = 0
            with contextlib.suppress(OSError, http.client.HTTPException):
                link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
                link.request("POST", URL, body, head)
                status = link.getresponse().status
                link.close()
            if status == 201:
                return
            seen[status] += 1
            if status not in (0, 409, 429, 503) or time.monotonic() > until:
                raise SystemExit(f"order {number} was answered with {dict(seen)}")
            time.sleep(0.2)

    def is_at_rest(self) -> bool:
        """Whether nothing is due, in anybody's hand, or on its way any more."""
        on_its_way = outbound.c.status.in_(("queued", "sending"))
        with self.database.workspace_tx(self.place, write=False) as uow:
            held = uow.scalar(sa.select(sa.exists().where(run.c.token.is_not(None))))
            waiting = uow.scalar(sa.select(sa.exists().where(on_its_way)))
            return oldest_due(uow) is None and not held and not waiting

    def take_up(self) -> int:
        """What an owner does afterwards: let every way be tried, and stuck runs go on; how many
        were stuck."""
        with self.database.workspace_tx(self.place) as uow:
            let_try_again(uow)
            stuck = list(uow.execute(sa.select(run.c.id).where(run.c.status == "stuck")).scalars())
            for each in stuck:
                retry_run(uow, ACCESS, each)
        return len(stuck)


@contextmanager
def installation(folder: Path, url: str, sink_port: int) -> Iterator[Installation]:
    """Everything up and ready, with forms, rules and a token."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    clock_file = folder.parent / "clock"
    set_clock(clock_file, 0)
    paths = [str(Path(__file__).parent / "chaos_clock"), str(Path.cwd())]
    os.environ.update({
        "REGULARS_DATA_DIR": str(folder), "REGULARS_PORT": str(port), "REGULARS_WORKERS": "2",
        "REGULARS_DATABASE_URL": url, "REGULARS_LOG_LEVEL": "WARNING", CLOCK: str(clock_file),
        "PYTHONPATH": os.pathsep.join(paths),
    })  # fmt: skip
    with (folder.parent / "log").open("wb") as log:
        command = [sys.executable, "-m", "regulars.cli", "up"]
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _wait_for_port(port, process)
        config = Config.from_environ()
        wiring.wire()
        database = Database(config.database_url, config.data_dir, clock=_clock_of(clock_file))
        place = create_workspace(database, f"chaos{os.getpid()}", "Chaos", zone="UTC", locale="en")
        _fill(database, place, config, f"http://127.0.0.1:{sink_port}")
        with database.main_tx() as connection:
            wish = TokenWish("chaos", "owner", ())
            token = tokens.create_token(connection, place, wish, now=database.clock())
        yield Installation(process, port, config, database, place, token, clock_file)
        database.drop_store(place)
        database.close()
    finally:
        process.terminate()
        process.wait(60)


def _clock_of(file: Path) -> Any:
    def shifted() -> datetime:
        return utc_now() + timedelta(seconds=float(file.read_text("ascii")))

    return shifted


def _fill(database: Database, place: Workspace, config: Config, sink_url: str) -> None:
    seal = seal_for(config.secret_keys)
    account = {
        "url": f"{sink_url}/sms", "local": True, "knows_key": False, "header_value": "s3cret",
        "body": '{"id": "{key}", "text": "{text}"}',
    }  # fmt: skip
    rows = [{"name": f"C{n}", "mobile": f"138{n:08}"} for n in range(PEOPLE)]
    with database.workspace_tx(place) as uow:
        add_webhook(uow, ACCESS, seal, WebhookWish("sink", "Sink", f"{sink_url}/calls", True))
        choose_provider(uow, ACCESS, "sms", "http_sms")
        keep_account(uow, ACCESS, seal, AccountWish("http_sms", "http_sms", account))
        for each in FORMS:
            store.save_draft(uow, ACCESS, each["kind"], each)
        store.publish(uow, ACCESS, [(each["kind"], each["key"]) for each in FORMS])
        quiet = Origin("import", automation="none")
        records.write_batch(uow, ACCESS, "customers", rows, origin=quiet)


def _wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        if process.poll() is not None:
            raise SystemExit("regulars up has ended")
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        time.sleep(0.2)
    raise SystemExit("regulars up never answered")


def main() -> None:
    """Run, then compare."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--seconds", type=float, default=30)
    options.add_argument("--seed", type=int, default=int(time.time()))
    options.add_argument("--database", default="", help="SQLAlchemy URL; empty = SQLite files")
    options.add_argument("--log", type=Path, help="Where to keep what the installation said.")
    chosen = options.parse_args()
    say(f"seed {chosen.seed}")
    chance = random.Random(chosen.seed)  # noqa: S311 - repeatable, no secret
    ledger = Ledger(random.Random(chance.random()))  # noqa: S311 - repeatable, no secret
    with (
        TemporaryDirectory(prefix="regulars-chaos-") as folder,
        sink(ledger) as port,
        installation(Path(folder) / "data", chosen.database, port) as place,
    ):
        try:
            acknowledged = _orders(place, ledger, chance, chosen.seconds)
            _rest(place, ledger)
            _compare(place, ledger, acknowledged)
        finally:
            if chosen.log is not None:
                chosen.log.write_bytes((Path(folder) / "log").read_bytes())


def _orders(
    place: Installation, ledger: Ledger, chance: random.Random, seconds: float
) -> list[int]:
    until = time.monotonic() + seconds
    harm = Harm(
        place.process.pid, place.config, place.database, place.place, place.clock_file,
        random.Random(chance.random()),  # noqa: S311 - repeatable, no secret
    )  # fmt: skip
    thread = threading.Thread(target=harm.harass, args=(until,))
    thread.start()
    acknowledged: list[int] = []
    while time.monotonic() < until:
        number = len(acknowledged)
        place.order(number)
        if chance.random() < 0.2:
            place.order(number)  # told twice
        acknowledged.append(number)
        time.sleep(chance.uniform(0, 0.1))
    thread.join()
    say(f"{len(acknowledged)} orders acknowledged; harm done: {dict(sorted(harm.done.items()))}")
    say(f"what the other programs did: {dict(sorted(ledger.played.items()))}")
    return acknowledged


def _rest(place: Installation, ledger: Ledger) -> None:
    """Nothing is done to it any more, and the hour that runs wait for passes."""
    ledger.is_bad = False
    set_clock(place.clock_file, 3 * 3600)
    stuck, until = 0, time.monotonic() + 4 * LEASE.total_seconds()
    while not place.is_at_rest():
        stuck += place.take_up()
        if time.monotonic() > until:
            raise SystemExit("work is still due long after the last harm")
        time.sleep(1)
    say(f"{stuck} runs were laid aside and taken up again by hand")


def _compare(place: Installation, ledger: Ledger, acknowledged: list[int]) -> None:
    with place.database.workspace_tx(place.place, write=False) as uow:
        breaches = check(uow).breaches
        tables = catalog_of(uow).tables
        made, orders = _numbers(uow, tables["coupons"].main), _numbers(uow, tables["orders"].main)
        runs = Counter(uow.execute(sa.select(run.c.status)).scalars())
        rows = uow.execute(outbound.select()).all()
    fates = Counter((row.channel, row.status) for row in rows)
    told, names = Counter(ledger.numbers.values()), {_name(place, row): row for row in rows}
    left = {name for name, row in names.items() if (row.channel, row.status) == ("sms", "sent")}
    may_have = {name for name, row in names.items() if row.status in ("sent", "unknown")}
    wrong = {
        "broken promises": [f"{each.invariant} {each.what}" for each in breaches],
        "orders that are not there": [n for n in acknowledged if not orders[n]],
        "orders that are there twice": [n for n, times in orders.items() if times > 1],
        "orders without a coupon": [n for n in acknowledged if n not in made],
        "coupons made twice": [n for n, times in made.items() if times > 1],
        "orders the other program never heard of": [n for n in acknowledged if n not in told],
        "orders told under two names": [n for n, times in told.items() if times > 1],
        "short messages sent twice": [k for k, times in ledger.texts.items() if times > 1],
        "called sent, but never handed over": sorted(left - set(ledger.texts)),
        "handed over, but not called so": sorted(set(ledger.texts) - may_have),
        "runs that are not over": [s for s in runs if s not in ("done", "skipped")],
    }
    repeats = sum(times - 1 for times in ledger.calls.values())
    say(f"what became of messages: { {' '.join(k): n for k, n in sorted(fates.items())} }")
    say(f"runs: {dict(runs)}; {len(ledger.calls)} calls, {repeats} repeated under their own name")
    for what, which in wrong.items():
        say(f"{what:44}{len(which):6} {which[:10] or ''}")
    if any(wrong.values()):
        raise SystemExit(1)


def _numbers(uow: Any, table: sa.Table) -> Counter[int]:
    return Counter(int(n) for n in uow.execute(sa.select(table.c.number)).scalars())


def _name(place: Installation, row: Any) -> str:
    """What a message is called for ever, wherever it arrives."""
    return f"{place.place.id}:{row.idempotency_key}:{int(row.created_at.timestamp())}"


def say(line: str) -> None:
    """One line of the story."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
