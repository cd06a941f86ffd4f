"""An entry form that answers while it is filled in: how long the server takes for one change.

    python -m benchmarks.logic [--fields 300] [--formulas 50] [--rules 20] [--records 100000]
                               [--times 20] [--profile]

The form links to customers, and its rules show, require, lock, set, fill in and narrow down. One
field is changed as the page does it, on a new record and on a stored one among so many. Figures
are milliseconds (p50, p95). A second part writes a batch into the same form with and without its
rules, and without rules into one that never had any: what rules cost, and that none cost nothing.
Goal: a change answered within 150 ms.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.shop_owner import Owner, owner_of, profiled, say, timed
from regulars.form_builder import records
from regulars.form_builder.origin import Origin
from regulars.platform.accounts.access import system_access
from regulars.platform.db import Database, Workspace

ACCESS = system_access("en")
LOADING = Origin("import", automation="none")
BATCH = 2000
CUSTOMERS: dict[str, Any] = {
    "kind": "form", "key": "customers", "label": "Customers", "title": "{name}",
    "fields": [{"key": "name", "type": "text"}, {"key": "city", "type": "text"}],
}  # fmt: skip
_TYPES: tuple[dict[str, Any], ...] = (
    {"type": "number"}, {"type": "text"}, {"type": "money"}, {"type": "date"},
    {"type": "choice", "options": [{"value": each} for each in ("low", "middle", "high")]},
)  # fmt: skip


def form_of(key: str, fields: int, formulas: int, rules: int) -> dict[str, Any]:
    """A form of so many fields, formulas among them, with so many rules."""
    plain = fields - formulas - 1
    made = [{"key": "customer", "type": "link", "to": "customers"}]
    made += [{"key": f"f{n}", **_TYPES[n % len(_TYPES)]} for n in range(plain)]
    last = plain // 5 * 5
    made += [
        {"key": f"sum{n}", "type": "formula", "result": "number",
         "formula": f"IF(f{5 * n} > 10, f{5 * n} * 2 + f{(5 * n + 5) % last}, f0 + {n})"}
        for n in range(formulas)
    ]  # fmt: skip
    several = [_rule(n) for n in range(rules)]
    return {"kind": "form", "key": key, "label": key, "fields": made,
            **({"logic": several} if several else {})}  # fmt: skip


def _rule(n: int) -> dict[str, Any]:
    own = 5 * n
    actions: tuple[dict[str, Any], ...] = (
        {"show": [f"f{own + 1}"]}, {"require": [f"f{own + 2}"]}, {"read_only": [f"f{own + 3}"]},
        {"set": {"field": f"f{own + 2}", "formula": f"f{own} * 2"}},
        {"options": {"field": f"f{own + 4}", "values": ["low", "high"]}},
        {"fill": {"from": "customer", "fields": {f"f{own + 1}": "city"}}},
    )  # fmt: skip
    when = {"all": [{"field": f"f{own}", "op": "gte", "value": 10},
                    {"any": [{"field": "f0", "op": "gt", "value": n},
                             {"field": f"f{own}", "op": "lt", "value": 1000}]}]}  # fmt: skip
    return {"key": f"r{n}", "when": when, "then": [actions[n % 6], actions[(n + 1) % 3]]}


def main() -> None:
    """Measure and print."""
    wishes = argparse.ArgumentParser(description="Filling in a form with rules, timed.")
    for name, usual in (("fields", 300), ("formulas", 50), ("rules", 20), ("records", 100_000),
                        ("times", 20)):  # fmt: skip
        wishes.add_argument(f"--{name}", type=int, default=usual)
    wishes.add_argument("--profile", action="store_true", help="where the time of a change goes")
    wish = wishes.parse_args()
    forms = {
        "ruled": form_of("ruled", wish.fields, wish.formulas, wish.rules),
        "unruled": form_of("unruled", wish.fields, wish.formulas, 0),
    }
    with (
        TemporaryDirectory(prefix="regulars-logic-") as folder,
        owner_of(Path(folder), [CUSTOMERS, *forms.values()]) as owner,
    ):
        _load(owner.database, owner.workspace, wish.records)
        _typing(owner, wish.times, wish.fields)
        _batches(owner.database, owner.workspace)
        if wish.profile:
            profiled(lambda: [_change(owner, "new", n) for n in range(5)])


def _load(database: Database, workspace: Workspace, count: int) -> None:
    rows = [{"name": f"Customer {n}", "city": f"City {n % 100}"} for n in range(count)]
    for start in range(0, count, 5000):
        with database.workspace_tx(workspace) as uow:
            records.write_batch(
                uow, ACCESS, "customers", rows[start : start + 5000], origin=LOADING
            )
    with database.workspace_tx(workspace) as uow:
        records.create_record(uow, ACCESS, "ruled", {"f0": 3, "customer": 1}, origin=LOADING)
    say(f"{count:,} customers")


def _typing(owner: Owner, times: int, fields: int) -> None:
    say(f"one change of a form of {fields} fields: ms p50, p95, bytes of the answer")
    for name in ("new", "1"):
        told = _change(owner, name, 0)
        p50, p95 = timed(lambda n, name=name: _change(owner, name, n), times)
        words = "on a new record" if name == "new" else "on a stored record"
        say(f"{words:32}{p50:8.1f}{p95:8.1f}{len(told):10,}")


def _change(owner: Owner, record: str, n: int) -> str:
    """The page's question after f0 was changed, with everything that stands in its inputs."""
    here = f"{owner.home}/forms/ruled/records"
    inputs = {f"f{number}": str(number + n) for number in range(0, 245, 5)}
    sent = {**inputs, "customer": "1", "_moved": "f0", "_tokens": json.dumps({}), "f0": str(n)}
    return owner.post(f"{here}/{'' if record == 'new' else f'{record}/'}live", sent)


def _batches(database: Database, workspace: Workspace) -> None:
    say(f"a batch of {BATCH:,} records: ms, ratio to the form without rules")
    rows = [{"f0": n % 9, "f5": n % 7, "f10": 2, "customer": 1 + n % 500} for n in range(BATCH)]

    def write(form: str) -> Callable[[int], Any]:
        def act(_n: int) -> None:
            with database.workspace_tx(workspace) as uow:
                found = records.write_batch(uow, ACCESS, form, rows, origin=LOADING)
                assert found.count("created") == BATCH

        return act

    plain, _p95 = timed(write("unruled"), 5)
    ruled, _p95 = timed(write("ruled"), 5)
    say(f"{'without rules':32}{plain:8.0f}{1:7.2f}")
    say(f"{'with rules':32}{ruled:8.0f}{ruled / plain:7.2f}")


if __name__ == "__main__":
    main()
