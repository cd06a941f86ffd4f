"""The part of a form that describes a shop: name, zone, currency, week."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from zoneinfo import available_timezones

from babel import dates, numbers

from regulars.platform import pinyin
from regulars.platform.formats import Formats, babel_locale
from regulars.platform.web.preferences import current_locale

Option = tuple[str, str]

_KEY_LENGTH = 31
# What most shops here use, first in the list; every other one follows by name.
_FIRST_ZONES = (
    "Asia/Shanghai", "Asia/Hong_Kong", "Asia/Taipei", "Asia/Singapore", "Asia/Tokyo",
    "Europe/London", "Europe/Berlin", "America/New_York", "America/Los_Angeles",
    "Australia/Sydney", "UTC",
)  # fmt: skip
_CURRENCIES = (
    "CNY", "HKD", "TWD", "SGD", "MOP", "JPY", "KRW", "MYR", "THB", "VND", "IDR", "PHP", "INR",
    "USD", "EUR", "GBP", "CHF", "AUD", "NZD", "CAD", "SEK", "NOK", "DKK", "PLN", "BRL", "MXN",
    "ZAR", "AED",
)  # fmt: skip


@dataclass(frozen=True)
class ShopForm:
    """A shop as somebody has typed it."""

    key: str
    name: str
    zone: str
    currency: str
    week_start: int


@dataclass(frozen=True)
class ShopOptions:
    """What the selects offer, in the reader's language."""

    zones: list[Option]
    currencies: list[Option]
    weekdays: list[Option]


def shop_from_form(form: Mapping[str, str]) -> ShopForm:
    """Read the shop's fields; the key is made from the name."""
    week = form.get("week_start", "0")
    name = form.get("shop/name", "")
    return ShopForm(
        key=key_from_name(name),
        name=name,
        zone=form.get("shop/zone", ""),
        currency=form.get("shop/currency", ""),
        week_start=int(week) if week.isdecimal() and len(week) == 1 else -1,
    )


def key_from_name(name: str) -> str:
    """A word for addresses: 海边咖啡 becomes ``hai-bian-ka-fei``."""
    spelt = "-".join(pinyin.syllables(name)).lower()
    plain = re.sub(r"[^a-z0-9]+", "-", spelt).strip("-")[:_KEY_LENGTH].strip("-")
    return plain if plain[:1].isalpha() else f"shop-{plain}".strip("-")[:_KEY_LENGTH]


def shop_options() -> ShopOptions:
    """The selects in the language of this request."""
    return _options(current_locale())


@cache
def _options(locale: str) -> ShopOptions:
    words = Formats(locale)
    babel = babel_locale(locale)
    rest = sorted(
        name
        for name in available_timezones()
        if name.partition("/")[0] in _CONTINENTS and name not in _FIRST_ZONES
    )
    zones = [(name, _zone_words(name, locale)) for name in (*_FIRST_ZONES, *rest)]
    money = [
        (code, f"{numbers.get_currency_name(code, locale=babel)} ({code})") for code in _CURRENCIES
    ]
    return ShopOptions(zones, money, [(str(n), words.weekday(n)) for n in range(7)])


_CONTINENTS = {"Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"}


def _zone_words(name: str, locale: str) -> str:
    city = dates.get_timezone_location(
        dates.get_timezone(name), locale=babel_locale(locale), return_city=True
    )
    return f"{city} ({name})"
