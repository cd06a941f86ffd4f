"""A public form as frozen objects, parsed once from its JSON. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.platform.i18n import Text

ADDRESS_OF: Mapping[str, str] = {"sms": "mobile", "email": "email"}
"""Which part of a person form holds the address of a channel."""
PER_DAY = 200
"""How many confirmations leave in a day where the owner has not said."""
_ABOUT_PEOPLE = ("phone", "email", "address", "location", "signature")


@dataclass(frozen=True)
class ConsentBox:
    """One box to tick, never ticked beforehand: what for, through what, and its words."""

    purpose: str
    channels: tuple[str, ...]
    text: Text

    @property
    def wording(self) -> str:
        """A short name of these very words: other words have another one."""
        said = json.dumps(self.text, ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()[:12]

    @property
    def mark(self) -> str:
        """What a page sends for this very box: other words, or another purpose, are another."""
        told = json.dumps([self.purpose, self.channels, self.wording])
        return hashlib.sha256(told.encode()).hexdigest()[:20]


@dataclass(frozen=True)
class Limits:
    """How often it may be sent: by one phone number, from one device, and by all together."""

    per_phone: int | None = None
    per_device: int | None = None
    total: int | None = None


@dataclass(frozen=True)
class OptIn:
    """A word of yes counts once the person has confirmed it from a message."""

    channel: str
    per_day: int = PER_DAY


@dataclass(frozen=True)
class Shown:
    """What a person sees afterwards of their record: a number, as text or as a QR code."""

    field: str
    drawn_as: str = "text"


@dataclass(frozen=True, eq=False)
class PublicForm:
    """What of ``form`` strangers may fill in, and under which conditions.

    ``fields`` stand on the page in this order; visitors must fill in those of the form that need
    it, and ``required`` ones; ``prefilled`` of them take a value from the link;
    ``fixed`` are given by the definition and never by the visitor. ``purposes`` says what each
    personal field is asked for. Moments are in the shop's zone.
    """

    key: str
    label: Text
    form: str
    fields: tuple[str, ...]
    purposes: Mapping[str, str] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    prefilled: tuple[str, ...] = ()
    fixed: Mapping[str, Any] = field(default_factory=dict)
    welcome: Text | None = None
    thanks: Text | None = None
    poster: Text | None = None
    opens_at: str | None = None
    closes_at: str | None = None
    limits: Limits = Limits()
    consents: tuple[ConsentBox, ...] = ()
    opt_in: OptIn | None = None
    shows: Shown | None = None

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> PublicForm:
        """The public form of a JSON object whose shape has been checked."""
        plain = {
            name: raw.get(name)
            for name in ("welcome", "thanks", "poster", "opens_at", "closes_at")
        }
        boxes = tuple(
            ConsentBox(each["purpose"], tuple(each["channels"]), each["text"])
            for each in raw.get("consents", ())
        )
        opt_in, shows = raw.get("double_opt_in"), raw.get("shows")
        return cls(
            raw["key"], raw["label"], raw["form"], tuple(raw["fields"]),
            raw.get("purposes", {}), tuple(raw.get("required", ())),
            tuple(raw.get("prefilled", ())), raw.get("fixed", {}),
            limits=Limits(**raw.get("limits", {})), consents=boxes,
            opt_in=OptIn(**opt_in) if opt_in else None,
            shows=Shown(shows["field"], shows.get("as", "text")) if shows else None,
            **plain,
        )  # fmt: skip

    def state(self, now: datetime, zone: ZoneInfo) -> str:
        """``open``, ``early`` before its day, or ``over`` after it."""
        local = now.astimezone(zone).strftime("%Y-%m-%dT%H:%M")
        if self.opens_at is not None and local < self.opens_at:
            return "early"
        return "over" if self.closes_at is not None and local >= self.closes_at else "open"

    def purpose_of(self, asked: FieldDefinition) -> str | None:
        """What a field is asked for; None where nobody has said."""
        return self.purposes.get(asked.key) or (asked.personal or {}).get("purpose")

    def phone_of(self, form: FormDefinition) -> str | None:
        """The field with the number that the visitor is told apart by."""
        mobile = (form.person or {}).get("mobile")
        if mobile in self.fields:
            return mobile
        phones = (key for key in self.fields if form.by_key[key].type == "phone")
        return next(phones, None)

    def identities(self, form: FormDefinition) -> list[str]:
        """The unique fields on the page: what they hold may be known already."""
        return [key for key in self.fields if key in form.by_key and form.by_key[key].unique]


def is_personal(form: FormDefinition, asked: FieldDefinition) -> bool:
    """Whether a field says something about who fills it in."""
    told = set((form.person or {}).values())
    return bool(asked.personal) or asked.key in told or asked.type in _ABOUT_PEOPLE
