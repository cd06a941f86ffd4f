"""Numbers, money, days, instants and sizes as people in this language and zone write them.

Pure: a `Formats` is made for one reader (locale), one shop (zone, currency) and one instant.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from babel import Locale, dates, lists, numbers

from regulars.platform import i18n

Number = int | float | Decimal
Width = Literal["short", "medium", "long", "full"]

_BABEL_NAMES = {"zh-Hans": "zh_Hans_CN", "zh-Hant": "zh_Hant_TW", "en": "en_GB"}
_SIZES = ("B", "KB", "MB", "GB", "TB")


@cache
def babel_locale(locale: str) -> Locale:
    """Babel's data for one of our locales."""
    return Locale.parse(_BABEL_NAMES.get(locale, "en_GB"))


@dataclass(frozen=True)
class Formats:
    """How to write values for one reader. ``now`` is what "ago" counts from."""

    locale: str
    zone: str = "UTC"
    currency: str = "CNY"
    now: dt.datetime = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

    @property
    def babel(self) -> Locale:
        """Babel's locale object."""
        return babel_locale(self.locale)

    @property
    def tz(self) -> ZoneInfo:
        """The zone in which instants are shown."""
        return ZoneInfo(self.zone)

    def number(self, value: Number | None, decimals: int | None = None) -> str:
        """A number with separators; ``decimals`` fixes the places, else at most three."""
        if value is None:
            return ""
        pattern = "#,##0.###" if decimals is None else _pattern(decimals)
        return _decimal(value, pattern, self.locale)

    def compact(self, value: Number | None) -> str:
        """A big number in few characters: ``1.2万``, ``12K``."""
        if value is None:
            return ""
        return numbers.format_compact_decimal(float(value), locale=self.babel, fraction_digits=1)

    def percent(self, ratio: Number | None, decimals: int = 1) -> str:
        """A ratio (0.125) as per cent (12.5%)."""
        if ratio is None:
            return ""
        return numbers.format_percent(ratio, format=_pattern(decimals) + "%", locale=self.babel)

    def money(
        self, value: Number | None, currency: str | None = None, decimals: int | None = None
    ) -> str:
        """An amount with its currency sign; places are the currency's unless given.

        Places beyond the currency's are shown where the price uses them: ``¥2.50``, ``¥2.5525``.
        """
        if value is None:
            return ""
        code = currency or self.currency
        pattern = None
        if decimals is not None:
            usual = min(decimals, numbers.get_currency_precision(code))
            places = _pattern(usual, decimals)
            pattern = f"¤{places};-¤{places}"
        text = _currency(value, code, pattern, self.locale)
        # At home nobody writes "CN¥": the shop's own yen or yuan is simply "¥".
        return text.replace(f"{code[:2]}¥", "¥") if code == self.currency else text

    def date(self, value: dt.date | dt.datetime | None, width: Width = "medium") -> str:
        """A day; an instant is first brought into the shop's zone."""
        if value is None:
            return ""
        day = value.astimezone(self.tz).date() if isinstance(value, dt.datetime) else value
        return dates.format_date(day, format=width, locale=self.babel)

    def datetime(self, value: dt.datetime | None, width: Width = "medium") -> str:
        """An instant as day and time in the shop's zone."""
        if value is None:
            return ""
        return f"{self.date(value, width)} {self.time(value)}"

    def time(self, value: dt.datetime | None) -> str:
        """The time of day of an instant in the shop's zone, ``14:05``."""
        return "" if value is None else value.astimezone(self.tz).strftime("%H:%M")

    def ago(self, value: dt.datetime | None) -> str:
        """How long ago or in how long: ``3小时前``, ``in 2 days``."""
        if value is None:
            return ""
        distance = value - self.now
        if abs(distance) < dt.timedelta(minutes=1):
            return i18n.translate("formats.just-now", self.locale)
        return dates.format_timedelta(
            distance, add_direction=True, granularity="minute", locale=self.babel
        )

    def duration(self, value: dt.timedelta | None) -> str:
        """A length of time in its largest unit: ``3天``, ``2 hours``."""
        return "" if value is None else dates.format_timedelta(value, locale=self.babel)

    def size(self, n_bytes: int | None) -> str:
        """A file's size: ``2.4 MB``."""
        if n_bytes is None:
            return ""
        value, unit = float(n_bytes), 0
        while value >= 1024 and unit < len(_SIZES) - 1:
            value, unit = value / 1024, unit + 1
        return (
            f"{self.number(Decimal(value), 0 if unit == 0 or value >= 100 else 1)} {_SIZES[unit]}"
        )

    def joined(self, items: list[str]) -> str:
        """Several words as a list: ``A、B和C``, ``A, B and C``."""
        return lists.format_list(items, locale=self.babel)

    def month(self, day: dt.date) -> str:
        """The month of a day, with its year."""
        return dates.format_skeleton("yMMMM", day, locale=self.babel)

    def weekday(self, index: int) -> str:
        """The name of a weekday, 0 = Monday."""
        return str(dates.get_day_names("wide", context="stand-alone", locale=self.babel)[index])

    def currency_name(self, code: str) -> str:
        """A currency in words: ``人民币``."""
        return numbers.get_currency_name(code, locale=self.babel)


@lru_cache(maxsize=5000)
def _decimal(value: Number, pattern: str, locale: str) -> str:
    text: str = numbers.format_decimal(value, format=pattern, locale=babel_locale(locale))
    return text


@lru_cache(maxsize=5000)
def _currency(value: Number, code: str, pattern: str | None, locale: str) -> str:
    text: str = numbers.format_currency(
        value, code, format=pattern, locale=babel_locale(locale), currency_digits=pattern is None
    )
    return text


def _pattern(least: int, most: int = 0) -> str:
    places = "0" * least + "#" * (most - least)
    return "#,##0" + ("." + places if places else "")


def clock_time(minutes: Decimal) -> str:
    """``09:30`` for 570 minutes after midnight, in every language."""
    hours, rest = divmod(int(minutes), 60)
    return f"{hours:02d}:{rest:02d}"
