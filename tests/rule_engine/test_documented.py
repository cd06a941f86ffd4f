"""Every trigger, step and way out has an example in the reference that works as it stands."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from regulars.rule_engine.channel_keeping import AccountWish, keep_account
from regulars.rule_engine.channels.every import PROVIDERS
from regulars.rule_engine.steps.base import step_kinds
from regulars.rule_engine.triggers.base import trigger_kinds
from tests.support.channels import SEAL
from tests.support.digests import BY_DAY, digest
from tests.support.rule_shop import SYSTEM, RuleShop, journey, sms

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "rules.md"


@cache
def shown() -> list[dict[str, Any]]:
    """Every example of the page, in its order."""
    blocks = re.findall(r"^```json\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    found = [json.loads(block) for block in blocks]
    return [each for each in found if isinstance(each, dict)]


def is_headed(name: str) -> bool:
    """Whether a heading of the page ends with a name."""
    return bool(re.search(rf"^###.*`{name}`$", PAGE.read_text("utf-8"), re.MULTILINE))


def test_every_step_has_an_example_that_can_be_published(shop: RuleShop) -> None:
    steps = [each for each in shown() if "do" in each]
    assert {each["do"] for each in steps} == {kind.name for kind in step_kinds}
    assert all(is_headed(kind.name) for kind in step_kinds)
    shop.publish(sms(), journey(), BY_DAY)
    reporting = [step for step in steps if step["do"] == "run_report"]
    shop.publish(journey("shown", steps=[step for step in steps if step not in reporting]))
    shop.publish(digest(steps=reporting))
    whole = [each for each in shown() if "trigger" in each and each["class"] == "report"]
    shop.publish(*whole)


def test_every_trigger_has_an_example_that_can_be_published(shop: RuleShop) -> None:
    triggers = [each for each in shown() if "on" in each]
    assert {each["on"] for each in triggers} == {kind.name for kind in trigger_kinds}
    assert all(is_headed(kind.name) for kind in trigger_kinds)
    (vip,) = (each for each in shown() if each.get("key") == "vip")
    shop.publish(sms(), journey(), vip)
    rules = [journey(f"shown_{each['on']}", trigger=each) for each in triggers]
    shop.publish(
        *[
            {**each, "class": "campaign"} if each["trigger"]["on"] == "once" else each
            for each in rules
        ]
    )


def test_every_way_out_is_shown_with_an_account_that_can_be_kept(shop: RuleShop) -> None:
    accounts = {each["provider"]: each for each in shown() if "provider" in each}
    assert set(accounts) == {each.name for each in PROVIDERS if each.fields}
    for provider in PROVIDERS:
        assert is_headed(provider.name), provider.name
        if provider.fields:
            key = "group" + provider.name if provider.staff else provider.name
            wish = AccountWish(key, provider.name, accounts[provider.name]["values"])
            with shop.work() as uow:
                assert keep_account(uow, SYSTEM, SEAL, wish).has_secret
