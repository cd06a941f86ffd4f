"""What a person's name, numbers and addresses look like in texts, and texts without them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import phonenumbers
from phonenumbers import PhoneNumberFormat

BLOT = "▇▇▇"
_SHORTEST_NUMBER = 6


@dataclass(frozen=True)
class Traces:
    """``contacts`` lead to one person only and are blotted out everywhere; ``names`` may be
    anybody's and are blotted out only where the text is known to be about this person."""

    contacts: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        """Contacts and names."""
        return (*self.contacts, *self.names)

    def without_contacts(self, value: Any) -> Any:
        """JSON or a text with every contact blotted out."""
        return _blotted(value, self._contacts)

    def without_any(self, value: Any) -> Any:
        """JSON or a text with contacts and names blotted out."""
        return _blotted(value, self._any)

    def in_text(self, text: str) -> bool:
        """Whether a text holds any of them."""
        return self._any is not None and self._any.search(text) is not None

    @cached_property
    def _contacts(self) -> re.Pattern[str] | None:
        return _pattern(self.contacts)

    @cached_property
    def _any(self) -> re.Pattern[str] | None:
        return _pattern(self.all)


def traces_of(names: Iterable[str], addresses: Iterable[tuple[str, str]], region: str) -> Traces:
    """The traces of somebody with these names and (channel, address)."""
    contacts: set[str] = set()
    for channel, address in addresses:
        contacts.update(_spellings(address, region) if channel == "sms" else [address])
    return Traces(
        tuple(sorted(contacts, key=lambda said: (-len(said), said))),
        tuple(sorted({name for name in names if len(name) > 1}, key=lambda n: (-len(n), n))),
    )


def _spellings(number: str, region: str) -> set[str]:
    """A number as people and programs write it; nothing that is too short to mean one person."""
    found = {number}
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return {each for each in found if len(each) >= _SHORTEST_NUMBER}
    for style in (PhoneNumberFormat.E164, PhoneNumberFormat.NATIONAL,
                  PhoneNumberFormat.INTERNATIONAL):  # fmt: skip
        written = phonenumbers.format_number(parsed, style)
        found |= {written, "".join(written.split())}
    found.add(str(parsed.national_number))
    return {each for each in found if len(each) >= _SHORTEST_NUMBER}


def _pattern(said: Iterable[str]) -> re.Pattern[str] | None:
    known = [re.escape(each) for each in said]
    return re.compile("|".join(known), re.IGNORECASE) if known else None


def _blotted(value: Any, pattern: re.Pattern[str] | None) -> Any:
    if pattern is None:
        return value
    if isinstance(value, str):
        return pattern.sub(BLOT, value)
    if isinstance(value, list):
        return [_blotted(each, pattern) for each in value]
    if isinstance(value, Mapping):
        return {key: _blotted(each, pattern) for key, each in value.items()}
    return value
