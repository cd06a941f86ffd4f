"""Moves in the designer on a form of many fields: how long the server takes, and for what.

    python -m benchmarks.designer [--fields 200] [--times 20] [--profile]

The form mixes the field types of a shop, in sections of ten. Each step is posted the way the page
does it and answered with the designer's markup. Figures are milliseconds (p50, p95) and the ratio
to drawing an empty form's designer in the same run. Goal: a move of 200 fields within 100 ms.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.shop_owner import Owner, owner_of, profiled, say, timed

A_SECTION = 10
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


def main() -> None:
    """Measure and print."""
    wishes = argparse.ArgumentParser(description="Moves in the designer, timed.")
    wishes.add_argument("--fields", type=int, default=200)
    wishes.add_argument("--times", type=int, default=20)
    wishes.add_argument("--profile", action="store_true", help="where the time of a move goes")
    wish = wishes.parse_args()
    with (
        TemporaryDirectory(prefix="regulars-designer-") as folder,
        owner_of(Path(folder), [form_of(1), form_of(wish.fields)]) as owner,
    ):
        _measure(owner, wish.fields, wish.times)
        if wish.profile:
            last = f"f{wish.fields - 5}"
            profiled(lambda: [step(owner, wish.fields, do="up", field=last) for _ in range(5)])


def _measure(owner: Owner, count: int, times: int) -> None:
    floor = timed(lambda n: step(owner, 1, do="label", field="f0", label=f"Name {n}"), times)
    say(f"{count} fields: ms p50, p95, ratio to a form of one field")
    say(f"{'one field, a label':32}{floor[0]:8.1f}{floor[1]:8.1f}{1:7.1f}")
    last = count // A_SECTION - 1
    steps: dict[str, Callable[[int], Any]] = {
        "move to another section": lambda n: step(
            owner, count, do="move", field="f3", section=(0, last)[n % 2], position=2
        ),
        "up": lambda n: step(owner, count, do="up", field=f"f{count - 5}"),
        "label": lambda n: step(owner, count, do="label", field="f5", label=f"Name {n}"),
    }
    for name, act in steps.items():
        p50, p95 = timed(act, times)
        say(f"{name:32}{p50:8.1f}{p95:8.1f}{p50 / floor[0]:7.1f}")
    say(f"{len(step(owner, count, do='up', field='f7')):,} bytes of markup in an answer")


def step(owner: Owner, count: int, **values: Any) -> str:
    """One step the way htmx posts it; the markup of the designer."""
    here = f"{owner.home}/forms/form_{count}/design"
    return owner.post(f"{here}/steps", values, htmx=True)


if __name__ == "__main__":
    main()
