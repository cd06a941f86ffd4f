from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers
import pytest

from regulars.platform.strict_json import parse_json
from regulars.seed_templates.samples.rows import Ref, SampleData
from regulars.seed_templates.samples.shop_sales import World, make_shop_sales
from tests.support.house import PACKAGE

SOURCE = PACKAGE / "seed_templates" / "retail_crm" / "sample_data"
SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)


def read(path: Path) -> Any:
    return parse_json(path.read_bytes())


def sample(
    now: datetime = NOW, locale: str = "zh-Hans", currency: str = "CNY", **plan: Any
) -> SampleData:
    flavours = {each: read(SOURCE / f"{each}.json") for each in ("zh-Hans", "zh-Hant", "en")}
    world = World(locale, currency, SHANGHAI, now)
    return make_shop_sales({**read(SOURCE / "plan.json"), **plan}, flavours, world)


@pytest.fixture(scope="module")
def data() -> SampleData:
    return sample()


def paid(data: SampleData) -> list[Mapping[str, Any]]:
    return [order for order in data.forms["orders"] if order["status"] == "paid"]


def amount(order: Mapping[str, Any]) -> Decimal:
    lines = (
        line["quantity"] * line["unit_price"] - (line["discount"] or 0) for line in order["items"]
    )
    return sum(lines, Decimal(0))


def buying_days(data: SampleData) -> dict[int, set[date]]:
    found: dict[int, set[date]] = defaultdict(set)
    for order in paid(data):
        found[order["customer"].index].add(order["paid_at"].astimezone(SHANGHAI).date())
    return found


def test_the_same_seed_and_moment_give_the_same_rows(data: SampleData) -> None:
    assert sample() == data


def test_another_seed_gives_other_people(data: SampleData) -> None:
    other = sample(seed=21)
    assert [each["name"] for each in other.forms["customers"]] != [
        each["name"] for each in data.forms["customers"]
    ]


def test_the_shop_is_as_large_as_planned(data: SampleData) -> None:
    sizes = {form: len(rows) for form, rows in data.forms.items()}
    assert sizes["customers"] == 600
    assert sizes["products"] == 60
    assert 3_000 < sizes["orders"] < 5_000
    assert 40 < sizes["returns"] < sizes["orders"] * 0.06
    assert sizes["visits"] > 300
    assert sizes["coupons"] > 150
    assert len(data.units) == 5


def test_people_come_back_as_people_do(data: SampleData) -> None:
    """The bands are those of small shops: most, not all, buy on two days; few are diamonds."""
    days = buying_days(data)
    repurchase = sum(len(each) > 1 for each in days.values()) / len(days)
    assert 0.5 < repurchase < 0.8
    spent: Counter[int] = Counter()
    for order in paid(data):
        spent[order["customer"].index] += amount(order)  # type: ignore[assignment]
    diamonds = sum(each > 5000 for each in spent.values()) / len(spent)
    assert 0.01 < diamonds < 0.12
    assert max(spent.values()) < sum(spent.values()) * Decimal("0.08")


def test_some_are_new_some_are_leaving_some_are_gone(data: SampleData) -> None:
    today = NOW.astimezone(SHANGHAI).date()
    silent = [(today - max(days)).days for days in buying_days(data).values()]
    shares = {n: sum(each >= n for each in silent) / len(silent) for n in (30, 60, 90, 180)}
    assert 0.4 < shares[30] < 0.85
    assert shares[30] > shares[60] > shares[90] > shares[180] > 0.05
    newcomers = sum(min(days) > today - timedelta(days=30) for days in buying_days(data).values())
    assert newcomers >= 15


def test_the_rules_of_the_pack_find_somebody(data: SampleData) -> None:
    today = NOW.astimezone(SHANGHAI).date()
    recent: Counter[int] = Counter()
    last_month: Counter[int] = Counter()
    this_month: set[int] = set()
    for order in paid(data):
        person, day = order["customer"].index, order["paid_at"].astimezone(SHANGHAI).date()
        recent[person] += day > today - timedelta(days=30)
        if (day.year, day.month) == (2026, 10):
            last_month[person] += amount(order)  # type: ignore[assignment]
        if (day.year, day.month) == (2026, 11):
            this_month.add(person)
    assert sum(n >= 4 for n in recent.values()) >= 5
    assert sum(spent >= 600 and who not in this_month for who, spent in last_month.items()) >= 3


def test_nothing_lies_in_the_future_and_everything_in_order(data: SampleData) -> None:
    for order in data.forms["orders"]:
        assert order["paid_at"] is None or order["paid_at"] < NOW
    joined = {n: each["joined_at"] for n, each in enumerate(data.forms["customers"])}
    assert all(at < NOW for at in joined.values())
    assert all(joined[o["customer"].index] <= o["paid_at"] for o in paid(data))
    assert all(each["at"] <= NOW for each in data.forms["visits"])
    orders = data.forms["orders"]
    for each in data.forms["returns"]:
        sold = orders[each["order"].index]
        assert each["customer"] == sold["customer"]
        assert sold["paid_at"] is None or sold["paid_at"] < each["returned_at"] <= NOW


def test_every_reference_leads_to_a_row_written_before(data: SampleData) -> None:
    order_of_writing = list(data.forms)
    for form, rows in data.forms.items():
        for row in rows:
            cells = list(row.values())
            cells += [cell for line in row.get("items", ()) for cell in line.values()]
            for ref in (cell for cell in cells if isinstance(cell, Ref)):
                assert order_of_writing.index(ref.form) < order_of_writing.index(form)
                assert 0 <= ref.index < len(data.forms[ref.form])


def test_a_coupon_is_used_once_and_while_it_is_valid(data: SampleData) -> None:
    coupons = data.forms["coupons"]
    used = Counter(o["coupon"].index for o in data.forms["orders"] if o["coupon"])
    assert used
    assert set(used.values()) == {1}
    assert {n for n, each in enumerate(coupons) if each["status"] == "used"} == set(used)
    for order in data.forms["orders"]:
        if order["coupon"] is None:
            continue
        coupon = coupons[order["coupon"].index]
        assert order["status"] == "paid"
        assert coupon["customer"] == order["customer"]
        assert coupon["issued_at"] < order["paid_at"] < coupon["expires_at"]
        assert coupon["used_at"] == order["paid_at"]
        assert all(line["discount"] for line in order["items"])


def test_keys_that_must_be_unique_are(data: SampleData) -> None:
    for form, key in (
        ("customers", "mobile"),
        ("customers", "external_code"),
        ("customers", "email"),
        ("orders", "order_no"),
        ("returns", "return_no"),
        ("coupons", "code"),
        ("products", "sku"),
    ):
        values = [row[key] for row in data.forms[form] if row[key]]
        assert len(values) == len(set(values)), (form, key)


@pytest.mark.parametrize("locale", ["zh-Hans", "zh-Hant", "en"])
def test_no_number_rings_anywhere_and_no_mail_arrives(locale: str) -> None:
    for person in sample(locale=locale).forms["customers"]:
        if person["mobile"]:
            number = phonenumbers.parse(person["mobile"], None)
            fictional = str(number.national_number).startswith("7700900")
            assert phonenumbers.is_possible_number(number)
            assert fictional or not phonenumbers.is_valid_number(number)
        assert person["mobile"] or person["email"]
        assert person["email"] is None or person["email"].endswith("@example.com")


def test_consent_has_evidence_and_some_took_it_back(data: SampleData) -> None:
    said: dict[tuple[int, str], list[str]] = defaultdict(list)
    for entry in data.consents:
        assert entry.evidence
        assert entry.at <= NOW
        said[entry.person, entry.channel].append(entry.action)
    assert all(actions in (["grant"], ["grant", "withdraw"]) for actions in said.values())
    withdrawn = sum(actions[-1] == "withdraw" for actions in said.values())
    agreed = {person for (person, channel), actions in said.items() if actions == ["grant"]}
    assert withdrawn > 5
    assert 0.4 < len(agreed) / 600 < 0.9


def test_birthdays_include_today_tomorrow_and_the_leap_day(data: SampleData) -> None:
    today = NOW.astimezone(SHANGHAI).date()
    days = Counter(
        (each["birthday"].month, each["birthday"].day)
        for each in data.forms["customers"]
        if each["birthday"]
    )
    tomorrow = today + timedelta(days=1)
    assert days[today.month, today.day]
    assert days[tomorrow.month, tomorrow.day]
    assert days[2, 29]
    assert sum(days.values()) < 600


def test_a_store_sells_only_from_its_opening_on(data: SampleData) -> None:
    first: dict[str, datetime] = {}
    for order in paid(data):
        first[order["store"]] = min(first.get(order["store"], NOW), order["paid_at"])
    opened = {store: (NOW - at).days for store, at in first.items()}
    assert opened["JA"] > 400
    assert opened["HB"] < 280
    assert opened["PJ"] < 110


def test_gift_boxes_sell_in_their_season(data: SampleData) -> None:
    months: Counter[int] = Counter()
    gift = next(n for n, each in enumerate(data.forms["products"]) if each["sku"] == "G602")
    for order in paid(data):
        for line in order["items"]:
            if line["product"] == Ref("products", gift):
                months[order["paid_at"].astimezone(SHANGHAI).month] += 1
    assert months[9] > max(months[4], months[5], months[12])


def test_each_language_has_its_own_world() -> None:
    worlds = {locale: sample(locale=locale) for locale in ("zh-Hans", "zh-Hant", "en")}
    names = {
        locale: {each["name"] for each in world.forms["products"]}
        for locale, world in worlds.items()
    }
    assert not names["en"] & names["zh-Hans"]
    assert names["zh-Hant"] != names["zh-Hans"]
    assert all(each["name"].isascii() for each in worlds["en"].forms["customers"])
    assert {each["language"] for each in worlds["zh-Hant"].forms["customers"]} == {"zh-Hant"}


def test_prices_have_the_size_of_the_currency() -> None:
    yuan, yen = sample(), sample(currency="JPY")
    pairs = zip(yuan.forms["products"], yen.forms["products"], strict=True)
    assert all(b["price"] == a["price"] * 20 for a, b in pairs)
    assert all(each["cost"] < each["price"] for each in sample(currency="GBP").forms["products"])


@pytest.mark.parametrize(
    "now",
    [
        datetime(2028, 2, 29, 9, 0, tzinfo=UTC),
        datetime(2027, 2, 28, 9, 0, tzinfo=UTC),
        datetime(2026, 12, 31, 16, 30, tzinfo=UTC),  # New Year's Day in Shanghai, before opening
        datetime(2026, 3, 1, 15, 59, tzinfo=UTC),
    ],
)
def test_it_works_on_awkward_days(now: datetime) -> None:
    made = sample(now=now, customers=120, never_bought=5)
    assert all(order["paid_at"] < now for order in paid(made))
    assert len(paid(made)) > 300
    assert max(order["paid_at"] for order in paid(made)) > now - timedelta(days=5)
