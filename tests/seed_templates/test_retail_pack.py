import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import opencc
import pytest

from regulars.platform.i18n import LOCALES
from regulars.seed_templates.catalogue import RETAIL, get_pack, shipped_packs
from regulars.seed_templates.checking import meaning_problems
from regulars.seed_templates.effects import effects_of, steps_of
from regulars.seed_templates.pack import Pack
from tests.support.house import PACKAGE

HOME = PACKAGE / "seed_templates" / RETAIL
WORDS = {"label", "description", "help", "placeholder", "section", "markdown", "text"}
"""Where a definition speaks to people."""

MERGE_FIELD = re.compile(r"\{([^{}]+)\}")
# Characters that are right in both scripts, although a simplified one is spelled the same.
BOTH = set("台里只后干余松几才准了并系面云回制折表志杯游当家种签致须风后复")


@pytest.fixture(scope="module")
def pack() -> Pack:
    return get_pack(RETAIL)


def files() -> list[Path]:
    return sorted(each for each in HOME.rglob("*.json") if each.parent.name != "sample_data")


def said(raw: Any, place: str) -> Iterator[tuple[str, Any]]:
    """Every text for people, with its place."""
    if isinstance(raw, dict):
        for key, value in raw.items():
            here = f"{place}/{key}"
            in_check, in_mail = "must" in raw, "markdown" in raw
            speaks = key in WORDS or (key, in_check) == ("message", True)
            speaks |= (key, in_mail) == ("subject", True)
            holds_parts = isinstance(value, list) or (isinstance(value, dict) and "text" in value)
            if speaks and not holds_parts:
                yield here, value
            else:
                yield from said(value, here)
    elif isinstance(raw, list):
        for position, value in enumerate(raw):
            yield from said(value, f"{place}/{position}")


def every_text() -> list[tuple[str, Any]]:
    found = []
    for path in files():
        name = path.relative_to(HOME).as_posix()
        found += list(said(json.loads(path.read_text("utf-8")), name))
    return found


def test_the_pack_is_sound_by_itself(pack: Pack) -> None:
    assert meaning_problems(pack) == []
    assert set(shipped_packs()) == {RETAIL}


def test_it_holds_what_a_shop_needs(pack: Pack) -> None:
    keys = {kind: {each.key for each in pack.of_kind(kind)} for kind in ("form", "rule")}
    shop = {"customers", "orders", "returns", "products", "visits", "coupons", "points"}
    assert keys["form"] == shop
    mirrors = {each.key for each in pack.of_kind("rule") if each.raw["class"] == "mirror"}
    assert mirrors == {
        "high_frequency_30_days",
        "high_spend_last_month_none_since",
        "vip",
        "sleeping_90_days",
        "tier",
    }
    assert keys["rule"] - mirrors >= {"win_back_30", "thank_you_24h", "birthday", "tier_diamond"}
    assert [each.key for each in pack.of_kind("dashboard")] == ["retention"]


def test_every_text_is_there_in_three_languages() -> None:
    texts = every_text()
    assert len(texts) > 250
    lacking = [
        place
        for place, text in texts
        if not isinstance(text, dict) or set(text) != set(LOCALES) or not all(text.values())
    ]
    assert lacking == []


def test_everything_with_a_key_has_a_name() -> None:
    nameless = []
    for path in files():
        raw = json.loads(path.read_text("utf-8"))
        named = [*raw.get("fields", ()), *raw.get("views", ()), *raw.get("measures", ())]
        named += [*raw.get("dimensions", ()), *raw.get("filters", ())]
        for field in raw.get("fields", ()):
            named += [*field.get("options", ()), *field.get("fields", ())]
        nameless += [f"{path.name}: {each}" for each in named if "label" not in each]
        if path.name != "pack.json" and path.parent.name != "messages":
            nameless += [path.name] if not raw.get("description") else []
    assert nameless == []


def test_traditional_chinese_holds_no_simplified_character() -> None:
    convert = opencc.OpenCC("s2t").convert
    wrong = {
        (place, character)
        for place, text in every_text()
        for character in text["zh-Hant"]
        if character not in BOTH and convert(character) != character
    }
    assert wrong == set()


def test_chinese_speaks_no_english_code_words() -> None:
    allowed = {"VIP", "RFM", "TD"}
    words = {
        (place, word)
        for place, text in every_text()
        for word in re.findall(r"[A-Za-z]{2,}", MERGE_FIELD.sub("", text["zh-Hans"]))
        if word not in allowed
    }
    assert words == set()


def test_an_aggregate_over_orders_says_which_orders_count(pack: Pack) -> None:
    """A refunded or void order must never make somebody a VIP by accident."""

    def aggregates(raw: Any) -> Iterator[dict[str, Any]]:
        if isinstance(raw, dict):
            if raw.get("of") == "orders" and "aggregate" in raw:
                yield raw
            for value in raw.values():
                yield from aggregates(value)
        elif isinstance(raw, list):
            for value in raw:
                yield from aggregates(value)

    found = [each for definition in pack.definitions for each in aggregates(definition.raw)]
    assert len(found) > 8
    assert [each for each in found if "where" not in each] == []


def test_whatever_writes_to_people_minds_consent_and_the_night(pack: Pack) -> None:
    sending = effects_of(pack).sending_rules
    assert set(sending) == {"win_back_30", "thank_you_24h", "birthday", "tier_diamond"}
    for each in pack.of_kind("rule"):
        if each.key in sending:
            assert each.raw["guards"]["purpose"] == "marketing"
            assert each.raw["guards"]["quiet_hours"] == ["21:00", "09:00"]


def test_every_message_a_rule_sends_is_in_the_pack_and_every_one_is_sent(pack: Pack) -> None:
    sent = {
        step["message"]
        for each in pack.of_kind("rule")
        for step in steps_of(each.raw)
        if step["do"] == "send_message"
    }
    assert sent == {each.key for each in pack.of_kind("message")}


def test_a_message_never_fails_for_a_missing_name(pack: Pack) -> None:
    for each in pack.of_kind("message"):
        for place, text in said(each.raw, each.key):
            for field in MERGE_FIELD.findall(" ".join(text.values())):
                assert "|" in field or field.startswith("coupon."), (place, field)


def test_a_text_message_is_short_and_says_how_to_opt_out(pack: Pack) -> None:
    for each in pack.of_kind("message"):
        text = each.raw["channels"]["sms"]["text"]
        assert "STOP" in text["en"]
        assert all("回TD退" in text[locale] for locale in ("zh-Hans", "zh-Hant"))
        assert len(MERGE_FIELD.sub("x" * 10, text["zh-Hans"])) <= 140


def test_every_card_of_the_dashboard_shows_a_report_and_none_overlap(pack: Pack) -> None:
    reports = {each.key for each in pack.of_kind("report")}
    cards = pack.of_kind("dashboard")[0].raw["cards"]
    taken: set[tuple[int, int]] = set()
    for card in cards:
        cells = {
            (x, y)
            for x in range(card["x"], card["x"] + card["w"])
            for y in range(card["y"], card["y"] + card["h"])
        }
        assert card["report"] in reports
        assert card["x"] + card["w"] <= 12
        assert not cells & taken
        taken |= cells
