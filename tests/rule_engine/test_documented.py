"""Every step shown in the reference can be published as it stands."""

import json
import re
from pathlib import Path

from tests.support.digests import BY_DAY, digest
from tests.support.rule_shop import RuleShop, journey, sms

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
