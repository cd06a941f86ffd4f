"""S09: what providers, tills and people behind a telephone write is shown as text, never run."""

import json
from typing import Any

import pytest

from regulars.platform.accounts import signing
from regulars.platform.ids import new_token
from regulars.platform.sealing import Seal
from regulars.rule_engine.hook_taking import Call, take
from regulars.rule_engine.hooks import HookWish, add_hook, get_hook
from regulars.rule_engine.replies import Reply, take_reply
from regulars.rule_engine.tables import outbound
from tests.support.rule_shop import CUSTOMERS, ORDERS, SYSTEM, RuleShop, journey, sms
from tests.support.site import SECRET, Site

EVIL = "<script>x</script><img src=x onerror=alert(1)>"
FORBIDDEN = ("<script>x", "<img src=x")


@pytest.fixture
def shop(site: Site) -> RuleShop:
    made = RuleShop(site.database, site.workspace)
    made.publish(CUSTOMERS, ORDERS, sms(), journey())
    made.order(made.customer(name=EVIL, mobile="13900139000"))
    made.tick()
    return made


def pages(site: Site, *paths: str) -> str:
    owner = site.signed_in()
    found = [owner.get(f"{site.home}/{path}") for path in paths]
    assert [answer.status_code for answer in found] == [200] * len(paths)
    return "\n".join(answer.text for answer in found)


def test_s09_what_a_browser_says_of_itself(site: Site) -> None:
    who, now = site.person("Alice"), site.database.clock()
    signing.sign_in(site.database, who, new_token(32), agent=EVIL, now=now)
    owner = site.signed_in()
    headers = {"User-Agent": EVIL, "Referer": f"https://evil.example/{EVIL}"}
    shown = [
        owner.get(f"{site.home}/{path}", headers=headers)
        for path in ("profile", "settings", "settings/log")
    ]
    assert [answer.status_code for answer in shown] == [200] * 3
    assert not [each for each in FORBIDDEN for answer in shown if each in answer.text]


def test_s09_what_a_provider_says_of_a_message(site: Site, shop: RuleShop) -> None:
    with shop.work() as uow:
        values: dict[str, Any] = {
            "status": "failed", "receipt": "undelivered", "receipt_detail": EVIL,
            "receipt_at": uow.now, "reason": {"code": "provider-refused", "detail": EVIL},
        }  # fmt: skip
        uow.execute(outbound.update().values(**values))
    message = shop.messages()[0].id
    shown = pages(site, "messages", f"messages/{message}", "forms/customers/records/1", "")
    assert not [each for each in FORBIDDEN if each in shown]


def test_s09_what_somebody_answers(site: Site, shop: RuleShop) -> None:
    with shop.work() as uow:
        take_reply(uow, SYSTEM, Reply("sms", "13900139000", EVIL, "key-1"))
    shown = pages(site, f"messages/{shop.messages()[0].id}", "forms/customers/records/1", "")
    assert not [each for each in FORBIDDEN if each in shown]


def test_s09_what_a_till_posts(site: Site, shop: RuleShop) -> None:
    with shop.work() as uow:
        add_hook(uow, SYSTEM, Seal([SECRET]), HookWish("till", "Till"))
        body = {"type": EVIL, "order": {"no": EVIL}}
        call = Call(f"m-{EVIL[:20]}", "1", "", json.dumps(body).encode())
        take(uow, get_hook(uow, "till"), call, body)
    shown = pages(site, "hooks", "hooks/till")
    assert not [each for each in FORBIDDEN if each in shown]
