"""Every step shown in the reference can be published as it stands."""

import json
import re
from pathlib import Path

from regulars.rule_engine.channel_keeping import AccountWish, keep_account
from regulars.rule_engine.channels.every import PROVIDERS
from tests.support.channels import SEAL
from tests.support.digests import BY_DAY, digest
from tests.support.rule_shop import SYSTEM, RuleShop, journey, sms

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "rules.md"


def test_every_step_shown_can_be_published(shop: RuleShop) -> None:
    blocks = re.findall(r"^```json\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    known = [json.loads(block) for block in blocks]
    shown = [each for each in known if "do" in each]
    shop.publish(sms(), journey(), BY_DAY)
    reporting = [step for step in shown if step["do"] == "run_report"]
    shop.publish(journey("shown", steps=[step for step in shown if step not in reporting]))
    shop.publish(digest(steps=reporting))
    shop.publish(*[each for each in known if "trigger" in each and each["class"] == "report"])
    assert {"for_each", "split", "call_rule", "update_related"} <= {step["do"] for step in shown}


def test_every_way_out_is_shown_with_an_account_that_can_be_kept(shop: RuleShop) -> None:
    text = PAGE.read_text("utf-8")
    blocks = re.findall(r"^```json\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    shown = {each["provider"]: each for each in map(json.loads, blocks) if "provider" in each}
    assert set(shown) == {each.name for each in PROVIDERS if each.fields}
    for provider in PROVIDERS:
        assert re.search(rf"^### .*`{provider.name}`$", text, re.MULTILINE), provider.name
        if provider.fields:
            key = "group" + provider.name if provider.staff else provider.name
            wish = AccountWish(key, provider.name, shown[provider.name]["values"])
            with shop.work() as uow:
                assert keep_account(uow, SYSTEM, SEAL, wish).has_secret
