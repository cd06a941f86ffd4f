"""Who agreed to be written to: granted with evidence, sometimes withdrawn, often never said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

from regulars.seed_templates.samples.calendar import Calendar
from regulars.seed_templates.samples.people import Person
from regulars.seed_templates.samples.rows import SampleConsent, dice

FORM, PURPOSE = "customers", "marketing"
_WORDING = "2.0"
_AGREE = {"sms": 0.66, "email": 0.5}
_WITHDRAW = 0.07


def make_consents(
    seed: int, people: list[Person], joined: list[datetime], calendar: Calendar
) -> list[SampleConsent]:
    """The ledger of the sample, in the order in which people spoke."""
    roll = dice(seed, "consents")
    said: list[SampleConsent] = []
    for person, at in zip(people, joined, strict=True):
        for channel, reachable in (("sms", person.mobile), ("email", person.email)):
            agrees = roll.random() < _AGREE[channel] or person.always_agrees
            if reachable and agrees:
                said += _words(roll, person, channel, at, calendar)
    return sorted(said, key=lambda entry: (entry.at, entry.person, entry.channel))


def _words(
    roll: Random, person: Person, channel: str, at: datetime, calendar: Calendar
) -> list[SampleConsent]:
    evidence = calendar.flavour.evidence
    in_shop = person.channel in ("store", "phone")
    proof = evidence["store"].format(store=person.store.name) if in_shop else evidence["online"]
    local = at.astimezone(calendar.zone)
    granted = SampleConsent(
        FORM, person.index, PURPOSE, channel, "grant", "till" if in_shop else "signup_page",
        f"{proof} · {local:%Y-%m-%d %H:%M}", _WORDING, at,
    )  # fmt: skip
    later = at + timedelta(days=roll.uniform(20, 300))
    if person.always_agrees or roll.random() > _WITHDRAW or later > calendar.now:
        return [granted]
    withdrawn = SampleConsent(
        FORM, person.index, PURPOSE, channel, "withdraw", "reply", evidence["withdraw"],
        _WORDING, later.astimezone(UTC),
    )  # fmt: skip
    return [granted, withdrawn]
