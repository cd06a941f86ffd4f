"""A campaign's wish as a rule: one moment, one or two texts, a control group, a goal. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from regulars.platform.problems import Problem
from regulars.rule_engine.durations import read_moment

MOST_CONTROL = 50


@dataclass(frozen=True)
class CampaignWish:
    """What somebody fills in. ``second`` is the other text of a comparison, ``percent`` of the
    people get the first; ``at`` is what the shop's clock shows."""

    label: str
    subject: str
    message: str
    channel: str
    at: str
    second: str = ""
    percent: int = 50
    control: int = 0
    goal_form: str = ""
    goal_days: int = 14
    goal_only: str = ""  # which of them count: ``orders.status=paid``; all where it is empty
    goal_value: str = ""  # what one of them is worth: ``orders.amount``
    gift: str = ""  # a record that each one gets, and its link to them: ``coupons:customer``
    gift_used: str = ""  # when it counts as redeemed: ``coupons.status=used``

    def problems(self) -> Iterator[Problem]:
        """Every problem of what was filled in; meaning is checked when it is published."""
        for name in ("label", "subject", "message", "channel", "at"):
            if not getattr(self, name):
                yield Problem(name, "required")
        if self.at:
            try:
                read_moment(self.at)
            except ValueError:
                yield Problem("at", "not-a-datetime", {"value": self.at[:40]})
        if not 1 <= self.percent <= 99:
            yield Problem("percent", "out-of-range", {"least": 1, "most": 99})
        if not 0 <= self.control <= MOST_CONTROL:
            yield Problem("control", "out-of-range", {"least": 0, "most": MOST_CONTROL})
        if not 1 <= self.goal_days <= 366:
            yield Problem("goal_days", "out-of-range", {"least": 1, "most": 366})
        if self.second and self.second == self.message:
            yield Problem("second", "same-text-twice")

    def rule(self, key: str, purpose: str) -> dict[str, Any]:
        """The rule that does it."""
        made: dict[str, Any] = {
            "kind": "rule", "schema": 1, "key": key, "label": self.label, "class": "campaign",
            "subject": self.subject, "trigger": {"on": "once", "at": self.at},
            "guards": {"purpose": purpose, "control_group": self.control},
            "steps": [*self._giving(), self._sending()],
        }  # fmt: skip
        form, condition = _only(self.gift_used)
        if self.gift and form == self.gift.partition(":")[0]:
            made["redeemed"] = {"form": form, "where": condition}
        if self.goal_form:
            made["goal"] = {
                "form": self.goal_form, "within_days": self.goal_days, **self._counted(),
            }  # fmt: skip
        return made

    def _counted(self) -> dict[str, Any]:
        """Which records of the goal's form count, and for how much."""
        found: dict[str, Any] = {}
        form, condition = _only(self.goal_only)
        if condition and form == self.goal_form:
            found["where"] = condition
        form, _dot, field = self.goal_value.partition(".")
        if field and form == self.goal_form:
            found["value"] = field
        return found

    def _giving(self) -> list[dict[str, Any]]:
        """The record that each one gets, before the message that may speak of it."""
        form, _colon, link = self.gift.partition(":")
        if not form:
            return []
        name = form.removesuffix("s") or form
        values = {link: {"formula": "subject"}}
        return [{"id": "gift", "do": "create_record", "form": form, "as": name, "values": values}]

    def _sending(self) -> Mapping[str, Any]:
        first = self._message("a", self.message)
        if not self.second:
            return first
        other = self._message("b", self.second)
        return {
            "id": "ab", "do": "split", "percent": self.percent, "then": [first], "else": [other],
        }  # fmt: skip

    def _message(self, name: str, text: str) -> dict[str, Any]:
        return {"id": name, "do": "send_message", "message": text, "channel": self.channel}


def _only(text: str) -> tuple[str, dict[str, Any]]:
    """The form and the condition of ``orders.status=paid``; ("", {}) for nothing."""
    place, _equals, value = text.partition("=")
    form, _dot, field = place.partition(".")
    return (form, {"field": field, "op": "is", "value": value}) if value else ("", {})
