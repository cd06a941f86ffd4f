"""Every step shown in the reference can be published as it stands."""

import json
import re
from pathlib import Path

from tests.support.rule_shop import RuleShop, journey, sms

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "rules.md"


def test_every_step_shown_can_be_published(shop: RuleShop) -> None:
    blocks = re.findall(r"^```json\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    shown = [step for step in map(json.loads, blocks) if "do" in step]
    shop.publish(sms(), journey())
    shop.publish(journey("shown", steps=shown))
    assert {"for_each", "split", "call_rule", "update_related"} <= {step["do"] for step in shown}
