"""Moves in the designer on a form of many fields: how long the server takes, and for what.

    python -m benchmarks.designer [--fields 200] [--times 20] [--profile]

The form mixes the field types of a shop, in sections of ten. Each step is posted the way the page
does it and answered with the designer's markup. Figures are milliseconds (p50, p95) and the ratio
to drawing an empty form's designer in the same run. Goal: a move of 200 fields within 100 ms.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask.testing import FlaskClient

from regulars.app import create_app
from regulars.platform.accounts import members, signing, users
from regulars.platform.accounts.access import system_access
from regulars.platform.accounts.users import NewUser
from regulars.platform.config import Config
from regulars.platform.db import Database, Workspace
from regulars.platform.definitions import store
from regulars.platform.ids import new_token
from regulars.platform.workspaces import create_workspace, free_key
from regulars.wiring import wire

A_SECTION = 10
_TOKEN = re.compile(r'name="csrf_token" value="([0-9a-f]+)"')
_TYPES: tuple[dict[str, Any], ...] = (
    {"type": "text"}, {"type": "number"}, {"type": "money"}, {"type": "date"},
    {"type": "long_text"}, {"type": "boolean"}, {"type": "phone"}, {"type": "email"},
    {"type": "choice", "options": [{"value": each} for each in ("low", "middle", "high")]},
    {"type": "formula", "formula": "TODAY()", "result": "date"},
)  # fmt: skip


def form_of(count: int) -> dict[str, Any]:
    """A form of so many fields, in sections of ten."""
    fields = [
        {"key": f"f{n}", "label": f"Field {n}", **_TYPES[n % len(_TYPES)]} for n in range(count)
    ]
    keys = [str(each["key"]) for each in fields]
    layout = [
        {"section": f"Section {n}", "columns": 2, "fields": keys[n : n + A_SECTION]}
        for n in range(0, count, A_SECTION)
    ]
    return {
        "kind": "form", "key": f"form_{count}", "label": f"{count} fields", "fields": fields,
        **({"layout": layout} if layout else {}),
    }  # fmt: skip


@dataclass
class Owner:
    """A browser in which the owner has signed in."""

    client: FlaskClient
    home: str
    csrf: str = ""

    def step(self, count: int, **values: Any) -> str:
        """One step the way htmx posts it; the markup of the designer."""
        here = f"{self.home}/forms/form_{count}/design"
        if not self.csrf:
            found = _TOKEN.search(self.client.get(here).text)
            self.csrf = found.group(1) if found else ""
        head = {"HX-Request": "true", "HX-Request-Type": "partial", "X-CSRF-Token": self.csrf}
        answer = self.client.post(f"{here}/steps", data=values, headers=head)
        if answer.status_code != 200:
            raise SystemExit(answer.text[:2000])
        return answer.text


def main() -> None:
    """Measure and print."""
    wishes = argparse.ArgumentParser(description="Moves in the designer, timed.")
    wishes.add_argument("--fields", type=int, default=200)
    wishes.add_argument("--times", type=int, default=20)
    wishes.add_argument("--profile", action="store_true", help="where the time of a move goes")
    wish = wishes.parse_args()
    with (
        TemporaryDirectory(prefix="regulars-designer-") as folder,
        _owner(Path(folder), (1, wish.fields)) as owner,
    ):
        _measure(owner, wish.fields, wish.times)
        if wish.profile:
            _profile(owner, wish.fields)


def _measure(owner: Owner, count: int, times: int) -> None:
    floor = _timed(lambda n: owner.step(1, do="label", field="f0", label=f"Name {n}"), times)
    say(f"{count} fields: ms p50, p95, ratio to a form of one field")
    say(f"{'one field, a label':32}{floor[0]:8.1f}{floor[1]:8.1f}{1:7.1f}")
    last = count // A_SECTION - 1
    steps: dict[str, Callable[[int], Any]] = {
        "move to another section": lambda n: owner.step(
            count, do="move", field="f3", section=(0, last)[n % 2], position=2
        ),
        "up": lambda n: owner.step(count, do="up", field=f"f{count - 5}"),
        "label": lambda n: owner.step(count, do="label", field="f5", label=f"Name {n}"),
    }
    for name, act in steps.items():
        p50, p95 = _timed(act, times)
        say(f"{name:32}{p50:8.1f}{p95:8.1f}{p50 / floor[0]:7.1f}")
    say(f"{len(owner.step(count, do='up', field='f7')):,} bytes of markup in an answer")


def _timed(act: Callable[[int], Any], times: int) -> tuple[float, float]:
    act(times + 1)
    took = []
    for number in range(times):
        began = time.perf_counter()
        act(number)
        took.append((time.perf_counter() - began) * 1000)
    took.sort()
    return statistics.median(took), took[int(len(took) * 0.95)]


def _profile(owner: Owner, count: int) -> None:
    with cProfile.Profile() as profile:
        for _ in range(5):
            owner.step(count, do="up", field=f"f{count - 5}")
    pstats.Stats(profile, stream=sys.stdout).sort_stats("cumulative").print_stats(45)


@contextmanager
def _owner(folder: Path, sizes: tuple[int, ...]) -> Iterator[Owner]:
    wire()
    settings = {"SECRET_KEY": new_token(48), "DATA_DIR": str(folder)}
    config = Config.from_environ({f"REGULARS_{name}": each for name, each in settings.items()})
    database = Database("", folder)
    database.create_stores()
    place = create_workspace(
        database, free_key(database, "bench"), "Bench", currency="CNY", locale="en"
    )
    with database.workspace_tx(place) as uow:
        for count in sizes:
            store.save_draft(uow, system_access("en"), "form", form_of(count))
        store.publish(uow, system_access("en"), [("form", f"form_{count}") for count in sizes])
    client = create_app(config, database).test_client()
    yield Owner(_signed_in(client, database, place), f"/w/{place.key}")
    database.close()


def _signed_in(client: FlaskClient, database: Database, place: Workspace) -> FlaskClient:
    now, visit = database.clock(), new_token(32)
    newcomer = NewUser("owner@shop.example", "Owner", new_token(20), "en")
    with database.main_tx() as connection:
        made = users.create_user(connection, newcomer, now=now)
        users.join(connection, made.id, place.id)
    with database.workspace_tx(place) as uow:
        members.add_member(uow, made, "owner", ())
    signing.sign_in(database, made, visit, agent="benchmark", now=now)
    client.set_cookie("regulars", visit)
    return client


def say(line: str) -> None:
    """One line of figures."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
