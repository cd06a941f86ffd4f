"""How likely two records are one person, and why. Pure.

A score is 0 to 100. Each reason speaks for itself; several together weigh more, and what
contradicts (two different birthdays) weighs against.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from typing import Any

import phonenumbers
from rapidfuzz import fuzz

from regulars.platform import pinyin

REGION = "CN"
ALIKE = 85  # of 100: how close two spellings of a name must be
_DIGITS = re.compile(r"\d+")
_HAN = re.compile(r"[\u3400-\u9fff]")
_OTHER_BIRTHDAY = 0.6
_OTHER_NAME = 0.85

WEIGHTS: Mapping[str, int] = {
    "same-phone": 90,
    "same-email": 88,
    "same-name-and-birthday": 85,
    "alike-name-and-birthday": 70,
    "same-name-near-phone": 75,
    "alike-name-near-phone": 60,
    "same-name-no-contact": 55,
}


@dataclass(frozen=True)
class Reason:
    """One thing that speaks for one person; its words stand at ``people.reason.<code>``."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Likeness:
    """How likely it is, and why, the strongest reason first."""

    score: int
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Sketch:
    """What is compared of one record; ``id`` is 0 for a record that is being written."""

    id: int
    name: str = ""
    phone: str = ""
    email: str = ""
    birthday: date | None = None

    @cached_property
    def sound(self) -> str:
        """How the name sounds, whatever script and order it is written in."""
        return sound_of(self.name)

    @property
    def has_contact(self) -> bool:
        """Whether there is an address to tell this person from another of the same name."""
        return bool(self.phone or self.email)

    @cached_property
    def phone_tail(self) -> str:
        """The last eight digits: what people mistype."""
        return self.phone[-8:] if len(self.phone) >= 8 else ""


def sketch_of(
    record_id: int, name: Any, phone: Any, email: Any, birthday: Any, region: str = REGION
) -> Sketch:
    """A record's values brought into the form in which they can be compared."""
    return Sketch(
        record_id, folded_name(name), phone_key(phone, region), email_key(email),
        birthday if isinstance(birthday, date) else None,
    )  # fmt: skip


def folded_name(name: Any) -> str:
    """A name without case, dots and doubled space; Chinese names without any space."""
    plain = " ".join(str(name or "").casefold().replace("·", " ").replace(".", " ").split())
    return plain.replace(" ", "") if _HAN.search(plain) else plain


@lru_cache(maxsize=50_000)
def phone_key(number: Any, region: str = REGION) -> str:
    """A number in international form; its bare digits when it is none; "" for nothing."""
    text = str(number or "").strip()
    if not text:
        return ""
    if text.startswith("+") and text[1:].isascii() and text[1:].isdecimal():
        return text
    try:
        parsed = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return "".join(_DIGITS.findall(text))
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def email_key(address: Any) -> str:
    """An address as its owner may spell it any day."""
    return str(address or "").strip().casefold()


@lru_cache(maxsize=20_000)
def _syllable(character: str) -> str:
    return str(pinyin.syllables(character)[0])


def sound_of(name: str) -> str:
    """王芳, 王方, Wang Fang and FANG WANG all sound ``fang wang``."""
    spaced = "".join(f" {_syllable(c)} " if _HAN.match(c) else c for c in name)
    return " ".join(sorted(spaced.split()))


def compare(one: Sketch, other: Sketch) -> Likeness:
    """How likely two sketches are one person; score 0 when nothing speaks for it."""
    reasons = sorted(_reasons(one, other), key=lambda reason: -WEIGHTS[reason.code])
    doubt = 1.0
    for reason in reasons:
        doubt *= 1 - WEIGHTS[reason.code] / 100
    likely = (1 - doubt) * _against(one, other)
    return Likeness(round(100 * likely) if reasons else 0, tuple(reasons))


def _reasons(one: Sketch, other: Sketch) -> Iterable[Reason]:
    if one.phone and one.phone == other.phone:
        yield Reason("same-phone")
    if one.email and one.email == other.email:
        yield Reason("same-email")
    same = bool(one.name) and one.name == other.name
    alike = same or names_alike(one, other)
    if not alike:
        return
    if one.birthday and one.birthday == other.birthday:
        yield Reason("same-name-and-birthday" if same else "alike-name-and-birthday")
    if near_phones(one.phone_tail, other.phone_tail):
        yield Reason("same-name-near-phone" if same else "alike-name-near-phone")
    if same and not (one.has_contact and other.has_contact):
        yield Reason("same-name-no-contact")


def _against(one: Sketch, other: Sketch) -> float:
    weight = 1.0
    if one.birthday and other.birthday and one.birthday != other.birthday:
        weight *= _OTHER_BIRTHDAY
    if one.name and other.name and one.name != other.name and not names_alike(one, other):
        weight *= _OTHER_NAME
    return weight


def names_alike(one: Sketch, other: Sketch) -> bool:
    """Whether two names are spellings of one: they sound the same or differ by a slip."""
    if not one.name or not other.name:
        return False
    if one.sound == other.sound:
        return True
    if _HAN.search(one.name) and _HAN.search(other.name):
        return False  # one character more or less is another person
    return fuzz.ratio(one.sound, other.sound) >= ALIKE


def near_phones(one: str, other: str) -> bool:
    """Whether two different numbers are one slip apart: a wrong digit, or two swapped."""
    if not one or not other or one == other or len(one) != len(other):
        return False
    differing = [n for n in range(len(one)) if one[n] != other[n]]
    if len(differing) == 1:
        return True
    if len(differing) != 2 or differing[1] != differing[0] + 1:
        return False
    n = differing[0]
    return one[n] == other[n + 1] and one[n + 1] == other[n]
