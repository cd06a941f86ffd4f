"""Dates and times as people and machines write them. Pure.

Read: ISO 8601; numbers in the order of year, month and day that the column uses (``9/12/2011
12:50``, ``2011年12月9日 下午3点20分``, ``二〇一一年十二月九日``, ``20111209``); month names
(``9 Dec 2011``); Excel's day numbers; Unix seconds and milliseconds; any ``strptime`` pattern.

What has no offset is the zone's local time. Where a clock change makes that time happen twice, the
first one is meant; where it makes it never happen, the clock is taken as not yet moved (01:30
becomes 02:30).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ORDERS = ("ymd", "dmy", "mdy")
NUMBERED = ("excel", "epoch", "epoch_ms")

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july",
            "aug august", "sep sept september", "oct october", "nov november", "dec december",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_SEPARATOR = r"(?:st|nd|rd|th)?(?:\s+of\b)?[\s./,年月\-‐–]+"
_DIGITS = {word: number for number, word in enumerate("〇一二三四五六七八九")} | {"零": 0}
_IN_WORDS = re.compile(r"[〇零一二三四五六七八九十]+(?=\s*[年月日号])")
_TIME = re.compile(
    r"(?P<before>上午|下午|晚上|中午|凌晨|早上|[ap]\.?m\.?)?\s*"
    r"(?P<hour>\d{1,2})\s*(?:[:：点时]\s*(?P<minute>\d{1,2}|半|整)?)?"
    r"\s*(?:[:：分]\s*(?P<second>\d{1,2}))?"
    r"(?:[.,](?P<fraction>\d{1,9}))?\s*[分秒]?\s*(?P<after>[ap]\.?m\.?)?\s*"
    r"(?P<zone>z|utc|gmt|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)
_DATE = re.compile(
    rf"(?:(?:星期|周)[一二三四五六日天]\s*|(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+)?"
    rf"(?P<a>\d{{1,4}}|[a-z]{{3,9}}){_SEPARATOR}(?P<b>\d{{1,2}}|[a-z]{{3,9}}){_SEPARATOR}"
    rf"(?P<c>\d{{1,4}})\s*[日号]?(?:\s*(?:星期|周)[一二三四五六日天])?(?=\D|$)",
    re.IGNORECASE,
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:[T\s]?(\d{2}):?(\d{2})(?::?(\d{2}))?)?")
_AFTERNOON = ("下午", "晚上")
_MORNING = ("上午", "凌晨", "早上")
_EXCEL_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 - Excel's days know no zone
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Moment = date | datetime
MomentReader = Callable[[str], Moment]


def moment_reader(way: str) -> MomentReader:
    """The function that reads one way of writing; it raises ValueError for anything else.

    ``way`` is one of ORDERS, NUMBERED or a ``strptime`` pattern. Texts come stripped.
    """
    if way in ORDERS:
        return lambda text: read_ordered(text, way)
    if way == "excel":
        return read_excel
    if way in ("epoch", "epoch_ms"):
        scale = 1000 if way == "epoch_ms" else 1
        return lambda text: _EPOCH + timedelta(seconds=float(text) / scale)
    dated_only = not any(part in way for part in ("%H", "%I", "%M", "%S", "%c", "%X", "%s"))
    return lambda text: _by_pattern(text, way, dated_only=dated_only)


def read_ordered(text: str, order: str) -> Moment:
    """A written date, with a time or without, in the order of day, month and year given.

    Full-width and Chinese numerals count as digits; before 年 stands the year, whatever ``order``.
    """
    if not text.isascii():
        text = _IN_WORDS.sub(_in_digits, unicodedata.normalize("NFKC", text))
        order = "ymd" if "年" in text else order
    compact = _COMPACT.fullmatch(text)
    if compact:
        return _compact(compact)
    iso = _read_iso(text)
    if iso is not None:
        return iso
    found = _DATE.match(text)
    if found is None:
        raise ValueError(text)
    day = _day(found.group("a"), found.group("b"), found.group("c"), order)
    rest = text[found.end() :].lstrip(" ,T\t")
    return day if not rest else _with_time(day, rest)


def _in_digits(found: re.Match[str]) -> str:
    """二〇二四 is 2024, 三十一 is 31."""
    tens, ten, ones = found[0].partition("十")
    if not ten:
        return "".join(str(_DIGITS[each]) for each in tens)
    first, second = (_DIGITS.get(each, 0) for each in (tens or "一", ones))
    return str(10 * first + second)


def read_excel(text: str) -> Moment:
    """Excel's day number: whole = a day, with a fraction = a local time, to the second."""
    days = float(text.replace(",", ""))
    if not 1 <= days < 2_958_466:
        raise ValueError(text)
    moment = _EXCEL_ZERO + timedelta(seconds=round(days * 86_400))
    return moment.date() if days == int(days) else moment


def to_instant(moment: Moment, zone: ZoneInfo) -> datetime:
    """The UTC instant of a moment; what has no offset is local time in ``zone``."""
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time())
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return moment.astimezone(UTC)


def to_day(moment: Moment, zone: ZoneInfo) -> date:
    """The calendar day of a moment: as written, or in ``zone`` when it carries an offset."""
    if not isinstance(moment, datetime):
        return moment
    return (moment.astimezone(zone) if moment.tzinfo is not None else moment).date()


def _read_iso(text: str) -> Moment | None:
    if len(text) < 10 or text[4] != "-" or text[7] != "-":
        return None
    try:
        return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError:
        return None


def _compact(found: re.Match[str]) -> Moment:
    year, month, day, hour, minute, second = found.groups()
    if hour is None:
        return date(int(year), int(month), int(day))
    parts = (int(year), int(month), int(day), int(hour), int(minute), int(second or 0))
    return datetime(*parts)  # noqa: DTZ001 - the caller knows the zone


def _day(first: str, second: str, third: str, order: str) -> date:
    if len(first) == 4 and first.isdigit():
        order = "ymd"  # a four-digit beginning leaves no choice
    elif not first.isdigit():
        order = "mdy"
    elif not second.isdigit() and order == "mdy":
        order = "dmy"
    parts = dict(zip(order, (first, second, third), strict=True))
    return date(_year(parts["y"]), _month(parts["m"]), int(parts["d"]))


def _year(text: str) -> int:
    if len(text) in (1, 3):  # nobody writes the year 5 for 2005
        raise ValueError(text)
    year = int(text)
    if len(text) == 4:
        return year
    return year + (2000 if year < 70 else 1900)


def _month(text: str) -> int:
    if text.isdigit():
        return int(text)
    month = _MONTHS.get(text.lower())
    if month is None:
        raise ValueError(text)
    return month


def _with_time(day: date, text: str) -> datetime:
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError(text)
    hour = _hour(int(found["hour"]), (found["before"] or found["after"] or "").lower())
    fraction = (found["fraction"] or "").ljust(6, "0")[:6]
    minute = {"半": 30, "整": 0}.get(found["minute"] or "整")
    minute = int(found["minute"]) if minute is None else minute
    clock = time(hour, minute, int(found["second"] or 0), int(fraction))
    zone = (found["zone"] or "").upper()
    moment = datetime.combine(day, clock)
    if zone in ("Z", "UTC", "GMT"):
        return moment.replace(tzinfo=UTC)
    if zone:
        offset = datetime.strptime(zone.replace(":", ""), "%z").tzinfo
        return moment.replace(tzinfo=offset)
    return moment


def _hour(hour: int, half: str) -> int:
    half = half.replace(".", "")
    if half in _AFTERNOON or half == "pm" or (half == "中午" and hour < 11):
        return hour if hour >= 12 else hour + 12
    if (half in _MORNING or half == "am") and hour == 12:
        return 0
    return hour


def _by_pattern(text: str, pattern: str, *, dated_only: bool) -> Moment:
    moment = datetime.strptime(text, pattern)  # noqa: DTZ007 - the caller knows the zone
    return moment.date() if dated_only else moment
