"""What a check has to say: one sentence about the state, and one about the cure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from regulars.platform import i18n
from regulars.platform.db import Database, Workspace
from regulars.platform.registry import Registry

Level = Literal["good", "watch", "bad"]
_GRAVITY = {"bad": 0, "watch": 1, "good": 2}


@dataclass(frozen=True)
class Place:
    """What is being examined. ``redis_url`` is "" where nobody asks for a queue.

    A ``thorough`` look works everything out now instead of telling what last night's found.
    """

    database: Database
    workspace: Workspace
    now: datetime
    redis_url: str = ""
    thorough: bool = False


@dataclass(frozen=True)
class Finding:
    """One state of one thing. Its words stand at ``health.<code>`` and ``health.<code>.cure``."""

    level: Level
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def text(self, locale: str) -> str:
        """What is so."""
        return self._said(f"health.{self.code}", locale)

    def cure(self, locale: str) -> str:
        """What to do about it; "" for what is good."""
        return "" if self.level == "good" else self._said(f"health.{self.code}.cure", locale)

    def as_json(self, locale: str) -> dict[str, Any]:
        """As outside clients read it."""
        return {
            "level": self.level, "code": self.code,
            "text": self.text(locale), "cure": self.cure(locale),
        }  # fmt: skip

    def _said(self, key: str, locale: str) -> str:
        words = {name: i18n.spoken(value, locale) for name, value in self.params.items()}
        return i18n.translate(key, locale, **words)


@dataclass(frozen=True)
class HealthCheck:
    """One thing that is looked at. ``mend`` puts right what it can; how much it put right.

    ``ask`` has a worker do it instead, for what must not be done inside a request: it would wait
    for the very transaction it is called in.
    """

    name: str
    look: Callable[[Place], Iterable[Finding]]
    mend: Callable[[Place], int] | None = None
    ask: Callable[[Place], None] | None = None


health_checks: Registry[HealthCheck] = Registry("health check")


def examine(place: Place) -> list[Finding]:
    """What every check says, the worst first."""
    found = [finding for check in health_checks for finding in check.look(place)]
    return sorted(found, key=lambda finding: _GRAVITY[finding.level])


def mend(place: Place) -> int:
    """Put right what can be put right; how many values were changed."""
    return sum(check.mend(place) for check in health_checks if check.mend is not None)


def mend_in_request(place: Place) -> int:
    """The same from a page: what a worker has to do is only asked for."""
    done = 0
    for check in health_checks:
        if check.ask is not None:
            check.ask(place)
        elif check.mend is not None:
            done += check.mend(place)
    return done


def worst(findings: Iterable[Finding]) -> Level:
    """The gravest level of all."""
    return min((finding.level for finding in findings), key=_GRAVITY.__getitem__, default="good")
