"""Who fits a rule now, and how many never did what it looks at."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from itertools import chain, repeat

import pytest

from regulars.form_builder.origin import Origin
from regulars.form_builder.records import create_record
from regulars.platform.accounts.access import system_access
from regulars.rule_engine import estimating
from regulars.rule_engine.counting import Matches, count_matches, turned_about_never
from regulars.rule_engine.definition import Rule
from tests.support.clocks import NOW
from tests.support.rule_shop import SILENT_30, RuleShop, journey

ENGLISH = system_access("en")


@pytest.mark.parametrize(("if_none", "count"), [(False, 1), (True, 3)])
def test_those_who_never_did_are_said_beside_the_count(
    shop: RuleShop, if_none: bool, count: int
) -> None:
    long_ago = NOW - timedelta(days=90)
    shop.order(shop.customer(name="Anna", at=long_ago), at=long_ago)
    shop.customer(name="Never one", at=long_ago)
    shop.customer(name="Never two", at=long_ago)
    rule = Rule.from_json(journey(when={"all": [{**SILENT_30, "if_none": if_none}]}))
    with shop.work(NOW) as uow:
        found = count_matches(uow, ENGLISH, rule)
        plain = count_matches(uow, ENGLISH, replace(rule, when=None))
    assert (found.count, found.never, found.with_never) == (count, 2, if_none)
    assert (plain.count, plain.never) == (3, None)


def test_a_count_that_takes_too_long_is_estimated_from_a_sample(
    shop: RuleShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shop.work(NOW) as uow:
        values = [{"name": f"No. {each % 4}"} for each in range(60)]
        made = [create_record(uow, ENGLISH, "customers", v, origin=Origin("cli")) for v in values]
    ids = [each.id for each in made]
    rule = Rule.from_json(journey(when={"field": "name", "op": "is", "value": "No. 1"}))
    nobody = replace(rule, when={"field": "name", "op": "is", "value": "No. 7"})

    def asked(rule: Rule, clock: Iterable[float], picked: int = 4000) -> Matches:
        monkeypatch.setattr(estimating, "PICKED", picked)
        ticks = iter(clock)
        with shop.work(NOW) as uow:
            return count_matches(uow, ENGLISH, rule, lambda: next(ticks))

    too_late = [0.0, 9.0]
    everybody = asked(rule, chain(too_late, repeat(9.0)))
    assert (everybody.count, everybody.exactness) == (15, "exact")  # the sample held all of them
    some = asked(rule, chain(too_late, repeat(9.0)), picked=30)
    assert some.exactness == "about"
    assert 5 <= some.count <= 30
    assert {each for each, _title in some.sample} <= set(ids[1::4])
    assert some.in_words("en") == f"About {some.count} people fit now"
    none = asked(nobody, chain(too_late, repeat(9.0)), picked=30)
    assert (none.count, none.exactness, none.sample) == (6, "fewer", [])
    never = asked(rule, chain(too_late, [9.0], repeat(99.0)))
    assert never.as_json() == {"count": None, "exactness": "unknown"}


@pytest.mark.parametrize("if_none", [False, True])
def test_an_estimate_says_of_those_who_never_did_as_much_as_of_the_others(
    shop: RuleShop, monkeypatch: pytest.MonkeyPatch, if_none: bool
) -> None:
    long_ago = NOW - timedelta(days=90)
    for _ in range(8):
        shop.order(shop.customer(at=long_ago), at=long_ago)
        shop.customer(at=long_ago)
        shop.customer(at=long_ago)
    rule = Rule.from_json(journey(when={"all": [{**SILENT_30, "if_none": if_none}]}))

    def asked(picked: int, *clock: float) -> Matches:
        monkeypatch.setattr(estimating, "PICKED", picked)
        ticks = chain([0.0, 9.0], clock)
        with shop.work(NOW) as uow:
            return count_matches(uow, ENGLISH, rule, lambda: next(ticks))

    everybody = asked(4000, *repeat(9.0, 99))
    assert (everybody.count, everybody.never) == (24 if if_none else 8, 16)
    assert everybody.never_exactness == "exact"
    some = asked(12, *repeat(9.0, 99))
    assert some.never_exactness == "about"
    assert some.never is not None
    place = "Among them are about" if if_none else "About"
    assert some.never_in_words("en").startswith(f"{place} {some.never}")
    late = [asked(12, *repeat(9.0, looks), *repeat(99.0, 99)) for looks in range(2, 12)]
    halves = [each for each in late if each.exactness == "about" and each.never is None]
    assert halves  # the time was over between the one question and the other
    assert {each.never_exactness for each in halves} == {"unknown"}
    assert halves[0].never_in_words("en").startswith("How many never did")


def test_what_is_said_both_ways_or_not_at_all_is_not_counted() -> None:
    yes, no = {**SILENT_30, "if_none": True}, {**SILENT_30, "if_none": False}
    assert turned_about_never({"any": [yes, no]}) is None
    assert turned_about_never({"field": "name", "op": "is_empty"}) is None
    assert turned_about_never({"not": no}) == ({"not": yes}, False)
