"""Dates and times in the ways people write them."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from regulars.form_builder.importing.moments import moment_reader, to_day, to_instant

LONDON, SHANGHAI = ZoneInfo("Europe/London"), ZoneInfo("Asia/Shanghai")


def local(*parts: int) -> datetime:
    """A time as a file writes it: without a zone."""
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001


NOON = local(2011, 12, 9, 12, 50)


@pytest.mark.parametrize(
    ("text", "way", "meant"),
    [
        ("2011-12-09", "ymd", date(2011, 12, 9)),
        ("11年12月9日", "dmy", date(2011, 12, 9)),
        ("2011 年 12 月 9 日", "mdy", date(2011, 12, 9)),
        ("二〇一一年十二月九日", "dmy", date(2011, 12, 9)),
        ("二零一一年十月三十一日", "ymd", date(2011, 10, 31)),
        ("２０１１／１２／９", "ymd", date(2011, 12, 9)),
        ("December 9th, 2011", "mdy", date(2011, 12, 9)),
        ("9th of December 2011", "dmy", date(2011, 12, 9)),
        ("2011-12-09T12:50:00.000000", "dmy", NOON),
        ("2011-12-09T12:50:00Z", "dmy", NOON.replace(tzinfo=UTC)),
        ("2011/12/9 12:50", "dmy", NOON),
        ("2011.12.09", "mdy", date(2011, 12, 9)),
        ("20111209", "dmy", date(2011, 12, 9)),
        ("20111209125000", "dmy", NOON),
        ("9/12/2011 12:50", "dmy", NOON),
        ("12/9/2011 12:50 PM", "mdy", NOON),
        ("12/9/11", "mdy", date(2011, 12, 9)),
        ("09/12/71", "dmy", date(1971, 12, 9)),
        ("9 Dec 2011", "mdy", date(2011, 12, 9)),
        ("Dec 9, 2011 1:05 am", "dmy", local(2011, 12, 9, 1, 5)),
        ("Fri, 9 Dec 2011 12:50:00 GMT", "dmy", NOON.replace(tzinfo=UTC)),
        ("9-Dec-11", "dmy", date(2011, 12, 9)),
        ("2011年12月9日", "dmy", date(2011, 12, 9)),
        ("2011年12月9日 星期五 12:50", "dmy", NOON),
        ("2011年12月9日下午3点20分", "ymd", local(2011, 12, 9, 15, 20)),
        ("2011年12月9日 下午3点", "ymd", local(2011, 12, 9, 15)),
        ("2011年12月9日 上午9点半", "ymd", local(2011, 12, 9, 9, 30)),
        ("2011年12月9日 中午12:50", "ymd", NOON),
        ("2011年12月9日 凌晨12:05", "ymd", local(2011, 12, 9, 0, 5)),
        ("40886", "excel", date(2011, 12, 9)),
        ("40886.5347222", "excel", NOON),
        ("1323435000", "epoch", NOON.replace(tzinfo=UTC)),
        ("1323435000000", "epoch_ms", NOON.replace(tzinfo=UTC)),
        ("09.12.11 12h50", "%d.%m.%y %Hh%M", NOON),
        ("09.12.11", "%d.%m.%y", date(2011, 12, 9)),
    ],
)
def test_it_is_understood(text: str, way: str, meant: object) -> None:
    assert moment_reader(way)(text) == meant


@pytest.mark.parametrize(
    ("text", "way"),
    [
        ("31/02/2011", "dmy"),
        ("2011-13-01", "ymd"),
        ("5/3/24", "ymd"),
        ("12月9日", "ymd"),
        ("soon", "ymd"),
        ("1/2/3/4", "dmy"),
        ("9/12/2011 25:00", "dmy"),
        ("9/12/011", "dmy"),
        ("99999999", "excel"),
        ("x", "epoch"),
        ("", "ymd"),
    ],
)
def test_what_is_no_date_is_refused(text: str, way: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the reader's own or the calendar's
        moment_reader(way)(text)


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        (local(2011, 1, 15, 12), datetime(2011, 1, 15, 12, tzinfo=UTC)),
        (local(2011, 7, 15, 12), datetime(2011, 7, 15, 11, tzinfo=UTC)),
        # 01:30 on 27 March never was: the clock counts as not yet moved, so it is 02:30.
        (local(2011, 3, 27, 1, 30), datetime(2011, 3, 27, 1, 30, tzinfo=UTC)),
        # 01:30 on 30 October was twice: the first is meant, still in summer time.
        (local(2011, 10, 30, 1, 30), datetime(2011, 10, 30, 0, 30, tzinfo=UTC)),
    ],
)
def test_local_times_become_instants_also_when_the_clocks_change(
    written: datetime, instant: datetime
) -> None:
    assert to_instant(written, LONDON) == instant


def test_a_day_begins_at_the_shops_midnight() -> None:
    assert to_instant(date(2011, 12, 9), SHANGHAI) == datetime(2011, 12, 8, 16, tzinfo=UTC)


def test_the_day_of_an_instant_is_the_shops_day() -> None:
    assert to_day(datetime(2011, 12, 8, 20, tzinfo=UTC), SHANGHAI) == date(2011, 12, 9)
    assert to_day(local(2011, 12, 8, 20), SHANGHAI) == date(2011, 12, 8)
