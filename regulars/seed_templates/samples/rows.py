"""What a generator yields: rows of several forms that point at each other before they have ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any


@dataclass(frozen=True)
class Ref:
    """Row number ``index`` of form ``form`` in the same sample; the writer puts its id here."""

    form: str
    index: int


@dataclass(frozen=True)
class SampleUnit:
    """A store the sample needs; an existing one with this code is used as it is."""

    code: str
    name: str


@dataclass(frozen=True)
class SampleConsent:
    """One entry of the consent ledger for person ``person`` of form ``form``."""

    form: str
    person: int
    purpose: str
    channel: str
    action: str  # grant | withdraw
    source: str
    evidence: str
    text_version: str
    at: datetime


@dataclass(frozen=True)
class SampleData:
    """Everything one sample holds. ``forms`` is in the order of writing: targets before links.

    Values are plain: str, Decimal, bool, date, aware datetime, lists, `Ref`; a unit is its code.
    """

    units: Sequence[SampleUnit]
    forms: Mapping[str, Sequence[Mapping[str, Any]]]
    consents: Sequence[SampleConsent] = field(default=())


def dice(seed: int, name: str) -> Random:
    """A stream of its own per concern, so that a change in one leaves the others alone."""
    return Random(f"{seed}:{name}")  # noqa: S311 - believable, not secret
