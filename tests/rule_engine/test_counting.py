"""Who fits a rule now, and how many never did what it looks at."""

from dataclasses import replace
from datetime import timedelta

import pytest

from regulars.platform.accounts.access import system_access
from regulars.rule_engine.counting import count_matches, turned_about_never
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


def test_what_is_said_both_ways_or_not_at_all_is_not_counted() -> None:
    yes, no = {**SILENT_30, "if_none": True}, {**SILENT_30, "if_none": False}
    assert turned_about_never({"any": [yes, no]}) is None
    assert turned_about_never({"field": "name", "op": "is_empty"}) is None
    assert turned_about_never({"not": no}) == ({"not": yes}, False)
