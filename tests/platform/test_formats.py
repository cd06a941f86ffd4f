from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from regulars.platform.formats import Formats

NOW = datetime(2026, 3, 10, 20, 30, tzinfo=UTC)  # already the 11th in Shanghai

ZH = Formats("zh-Hans", "Asia/Shanghai", "CNY", NOW)
EN = Formats("en", "Asia/Shanghai", "CNY", NOW)


def test_numbers_keep_their_exact_digits() -> None:
    assert ZH.number(Decimal("1234567.891")) == "1,234,567.891"
    assert ZH.number(Decimal("480.9"), 2) == "480.90"
    assert ZH.number(None) == ""


def test_big_numbers_are_shortened_the_readers_way() -> None:
    assert (ZH.compact(123456), EN.compact(123456)) == ("12.3万", "123.5K")


def test_a_ratio_is_shown_as_per_cent() -> None:
    assert ZH.percent(Decimal("0.643154")) == "64.3%"
    assert ZH.percent(Decimal("0.5"), 0) == "50%"


@pytest.mark.parametrize("formats", [ZH, EN])
def test_the_shops_own_currency_has_its_plain_sign(formats: Formats) -> None:
    assert formats.money(Decimal("-1234.5")) == "-¥1,234.50"


def test_other_currencies_say_which_they_are() -> None:
    assert EN.money(Decimal("5"), "JPY") == "JP¥5"
    assert EN.money(Decimal("2.5500"), "GBP", 4) == "£2.55"
    assert EN.money(Decimal("2.5"), "GBP", 4) == "£2.50"
    assert EN.money(Decimal("2.5525"), "GBP", 4) == "£2.5525"
    assert EN.money(Decimal("-2.5525"), "GBP", 4) == "-£2.5525"
    assert EN.money(Decimal("5"), "GBP", 0) == "£5"


def test_instants_are_shown_in_the_shops_zone() -> None:
    assert ZH.date(NOW) == "2026年3月11日"
    assert ZH.datetime(NOW) == "2026年3月11日 04:30"
    assert EN.date(date(2026, 3, 10)) == "10 Mar 2026"


@pytest.mark.parametrize(
    ("seconds", "zh", "en"),
    [
        (-20, "刚刚", "just now"),
        (20, "刚刚", "just now"),
        (-3 * 3600, "3小时前", "3 hours ago"),
        (2 * 86400, "2天后", "in 2 days"),
    ],
)
def test_how_long_ago(seconds: int, zh: str, en: str) -> None:
    moment = NOW + timedelta(seconds=seconds)
    assert (ZH.ago(moment), EN.ago(moment)) == (zh, en)


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (900, "900 B"), (2_500_000, "2.4 MB"), (300_000, "293 KB")]
)
def test_sizes_of_files(size: int, text: str) -> None:
    assert EN.size(size) == text


def test_lists_and_weekdays() -> None:
    assert EN.joined(["a", "b", "c"]) == "a, b and c"
    assert ZH.joined(["甲", "乙"]) == "甲和乙"
    assert (EN.weekday(0), ZH.weekday(6)) == ("Monday", "星期日")


def test_nothing_is_shown_for_nothing() -> None:
    shown = [ZH.money(None), ZH.date(None), ZH.datetime(None), ZH.ago(None), ZH.size(None)]
    assert shown == [""] * 5
