"""An owner who has signed in to a new shop with forms: what benchmarks of pages begin with."""

from __future__ import annotations

import cProfile
import pstats
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from regulars.app import create_app
from regulars.platform.accounts import members, signing, users
from regulars.platform.accounts.access import system_access
from regulars.platform.accounts.users import NewUser
from regulars.platform.config import Config
from regulars.platform.db import Database, Workspace
from regulars.platform.definitions import store
from regulars.platform.forking import settle
from regulars.platform.ids import new_token
from regulars.platform.workspaces import create_workspace, free_key
from regulars.wiring import wire

_TOKEN = re.compile(r'name="csrf_token" value="([0-9a-f]+)"')


@dataclass
class Owner:
    """A browser in which the owner has signed in."""

    client: FlaskClient
    home: str
    database: Database
    workspace: Workspace
    csrf: str = ""

    def post(self, url: str, values: Mapping[str, Any], *, htmx: bool = False) -> str:
        """A form as the page sends it; the markup of the answer."""
        if not self.csrf:
            found = _TOKEN.search(self.client.get(f"{self.home}/forms").text)
            self.csrf = found.group(1) if found else ""
        head = {"X-CSRF-Token": self.csrf}
        head |= {"HX-Request": "true", "HX-Request-Type": "partial"} if htmx else {}
        answer = self.client.post(url, data=values, headers=head)
        if answer.status_code != 200:
            raise SystemExit(answer.text[:2000])
        return answer.text


@contextmanager
def owner_of(folder: Path, forms: Sequence[Mapping[str, Any]]) -> Iterator[Owner]:
    """A new shop in this folder with these forms published."""
    wire()
    settings = {"SECRET_KEY": new_token(48), "DATA_DIR": str(folder)}
    config = Config.from_environ({f"REGULARS_{name}": each for name, each in settings.items()})
    database = Database("", folder)
    database.create_stores()
    place = create_workspace(
        database, free_key(database, "bench"), "Bench", currency="CNY", locale="en"
    )
    with database.workspace_tx(place) as uow:
        for each in forms:
            store.save_draft(uow, system_access("en"), "form", each)
        keys = [("form", str(each["key"])) for each in forms]
        store.publish(uow, system_access("en"), keys)
    client = create_app(config, database).test_client()
    settle()  # as whoever serves pages does
    yield Owner(_signed_in(client, database, place), f"/w/{place.key}", database, place)
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


def timed(act: Callable[[int], Any], times: int) -> tuple[float, float]:
    """Milliseconds of so many calls: the middle, and what 19 of 20 stay below."""
    act(times + 1)
    took = []
    for number in range(times):
        began = time.perf_counter()
        act(number)
        took.append((time.perf_counter() - began) * 1000)
    took.sort()
    return statistics.median(took), took[int(len(took) * 0.95)]


def profiled(act: Callable[[], Any]) -> None:
    """Where the time of a call goes."""
    with cProfile.Profile() as profile:
        act()
    pstats.Stats(profile, stream=sys.stdout).sort_stats("cumulative").print_stats(45)


def say(line: str) -> None:
    """One line of figures."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
