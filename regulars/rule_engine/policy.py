"""What a shop has decided for everything it sends, whichever rule wants to send it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import time
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from regulars.platform.privacy.purposes import is_purpose
from regulars.platform.problems import Problem
from regulars.rule_engine.definition import Cap
from regulars.rule_engine.durations import read_clock

COST_UNIT = 10_000
"""Costs are whole numbers of a ten-thousandth of the shop's currency: 0.045 is 450."""

MOST_PER_DAY = 10_000_000
MOST_PRICE = 100
KEYS = frozenset(
    {"caps", "quiet_hours", "quiet_zone", "day_number", "day_cost", "sms_price", "open_pixel"}
)


@dataclass(frozen=True)
class SendingPolicy:
    """Limits for a whole shop. ``caps`` are per purpose and person; the budget is per day.

    ``quiet_zone``: by whose clock quiet hours are read, ``shop`` or ``person``. ``sms_price`` is
    for one part of a short message; costs are in `COST_UNIT`.
    """

    caps: Mapping[str, Cap] = field(default_factory=dict)
    quiet_hours: tuple[time, time] | None = None
    quiet_zone: str = "shop"
    day_number: int | None = None
    day_cost: int | None = None
    sms_price: int = 0
    open_pixel: bool = False

    @property
    def has_budget(self) -> bool:
        """Whether a day has any limit at all."""
        return self.day_number is not None or self.day_cost is not None

    def as_json(self) -> dict[str, Any]:
        """The whole of it, money as text."""
        return {
            "caps": {p: {"n": cap.n, "days": cap.days} for p, cap in sorted(self.caps.items())},
            "quiet_hours": _clocks(self.quiet_hours),
            "quiet_zone": self.quiet_zone,
            "day_number": self.day_number,
            "day_cost": None if self.day_cost is None else cost_text(self.day_cost),
            "sms_price": cost_text(self.sms_price),
            "open_pixel": self.open_pixel,
        }


def read_policy(raw: Any) -> tuple[SendingPolicy, list[Problem]]:
    """What a JSON object says, and everything that is wrong with it."""
    if not isinstance(raw, Mapping):
        return SendingPolicy(), [Problem("", "shape-type", {"expected": ["object"]})]
    problems = [
        Problem(str(key)[:60], "unknown-key", {"key": str(key)[:60]})
        for key in raw
        if key not in KEYS
    ]
    reader = _Reader(raw, problems)
    found = SendingPolicy(
        caps=reader.caps(),
        quiet_hours=reader.hours(),
        quiet_zone=reader.one_of("quiet_zone", ("shop", "person")),
        day_number=reader.number("day_number", 1, MOST_PER_DAY),
        day_cost=reader.money("day_cost", MOST_PER_DAY),
        sms_price=reader.money("sms_price", MOST_PRICE) or 0,
        open_pixel=reader.flag("open_pixel"),
    )
    return found, problems


def cost_text(cost: int) -> str:
    """A cost as exact text: "12.5" for 125000, "0.045" for 450."""
    text = f"{Decimal(cost) / COST_UNIT:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(frozen=True)
class _Reader:
    raw: Mapping[str, Any]
    problems: list[Problem]

    def caps(self) -> dict[str, Cap]:
        given = self.raw.get("caps") or {}
        if not isinstance(given, Mapping):
            self._say("caps", "shape-type", expected=["object"])
            return {}
        return dict(self._caps(given))

    def _caps(self, given: Mapping[str, Any]) -> Iterator[tuple[str, Cap]]:
        for purpose, cap in given.items():
            place = f"caps/{str(purpose)[:40]}"
            if not is_purpose(purpose):
                self._say(place, "bad-purpose", value=str(purpose)[:40])
            elif not isinstance(cap, Mapping) or set(cap) != {"n", "days"}:
                self._say(place, "bad-cap")
            else:
                n, days = (_whole(cap[name]) for name in ("n", "days"))
                if n is None or days is None or not (0 <= n <= 1000 and 1 <= days <= 365):
                    self._say(place, "bad-cap")
                else:
                    yield purpose, Cap(n, days)

    def hours(self) -> tuple[time, time] | None:
        given = self.raw.get("quiet_hours")
        if given is None:
            return None
        try:
            start, end = (read_clock(each) for each in given)
        except (TypeError, ValueError):
            self._say("quiet_hours", "bad-quiet-hours")
            return None
        return start, end

    def one_of(self, key: str, allowed: tuple[str, ...]) -> str:
        given = self.raw.get(key, allowed[0])
        if given not in allowed:
            self._say(key, "shape-enum", allowed=list(allowed))
            return allowed[0]
        return str(given)

    def number(self, key: str, least: int, most: int) -> int | None:
        given = self.raw.get(key)
        if given is None:
            return None
        found = _whole(given)
        if found is None or not least <= found <= most:
            self._say(key, "number-out-of-range", least=least, most=most)
            return None
        return found

    def money(self, key: str, most: int) -> int | None:
        given = self.raw.get(key)
        if given is None:
            return None
        try:
            if isinstance(given, bool):
                raise InvalidOperation
            amount = Decimal(str(given)) * COST_UNIT
            whole = amount.to_integral_value(ROUND_HALF_UP)
        except InvalidOperation:
            whole = Decimal("NaN")
        if not whole.is_finite() or not 0 <= whole <= most * COST_UNIT:
            self._say(key, "number-out-of-range", least=0, most=most)
            return None
        return int(whole)

    def flag(self, key: str) -> bool:
        given = self.raw.get(key, False)
        if not isinstance(given, bool):
            self._say(key, "shape-type", expected=["boolean"])
            return False
        return given

    def _say(self, path: str, code: str, **params: Any) -> None:
        self.problems.append(Problem(path, code, params))


def _whole(given: Any) -> int | None:
    if isinstance(given, bool):
        return None
    if isinstance(given, int):
        return given
    return int(given) if isinstance(given, str) and given.strip().isdecimal() else None


def _clocks(hours: tuple[time, time] | None) -> list[str] | None:
    return None if hours is None else [f"{each:%H:%M}" for each in hours]
