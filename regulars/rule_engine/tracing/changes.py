"""What a run wrote into records, by their history: it names the run and the step as its source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from regulars.form_builder.history import history
from regulars.form_builder.linking import chunks
from regulars.platform.db import UnitOfWork


class Traced(Protocol):
    """A line of a trace, stored or read."""

    @property
    def step(self) -> str:
        """The step's id in its rule."""

    @property
    def output(self) -> Mapping[str, Any] | None:
        """What it made."""

    @property
    def finished_at(self) -> datetime | None:
        """When it was over."""


@dataclass(frozen=True)
class Source:
    """Who wrote a line of history: a step of a run."""

    run: int
    step: str

    @classmethod
    def read(cls, ref: str | None) -> Source | None:
        """What the history names; None for anything else."""
        kind, _, rest = (ref or "").partition(":")
        number, _, step = rest.partition("/")
        return cls(int(number), step) if kind == "run" and number.isdecimal() else None

    @property
    def ref(self) -> str:
        """As the history names it."""
        return f"run:{self.run}/{self.step}"


def written_by(uow: UnitOfWork, run_id: int, steps: Iterable[Traced]) -> list[Any]:
    """The lines of history that these steps of a run wrote, oldest first.

    They are found by form and instant: a record that was merged since has another id.
    """
    moments: dict[str, set[datetime]] = {}
    for step in steps:
        if step.finished_at is not None and step.output and "form" in step.output:
            moments.setdefault(str(step.output["form"]), set()).add(step.finished_at)
    ours = history.c.ref.startswith(f"run:{run_id}/", autoescape=True)
    found = [
        row
        for form, instants in moments.items()
        for some in chunks(sorted(instants))
        for row in uow.execute(
            history.select().where(history.c.form == form, history.c.at.in_(some), ours)
        )
    ]
    return sorted(found, key=lambda row: row.id)
