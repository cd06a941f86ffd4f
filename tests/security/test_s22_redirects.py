"""S22: a link of ours leads where the shop said, or nowhere; never where an address says.

What ``next`` of the sign-in may say: ``tests/platform/accounts/test_sign_in.py``.
"""

import pytest

from regulars.rule_engine.tables import message_link
from tests.support.rule_shop import RuleShop, journey, sms
from tests.support.site import Site

TOKENS = ["x", "1-AAAAAAAAAAAA", "\\evil.com", "%09/evil", "1-%2e%2e%2f", "https:evil.com",
          "javascript:alert(1)", "//evil.com", "1-AAAAAAAAAAAA?next=//evil.com"]  # fmt: skip


@pytest.mark.parametrize("token", TOKENS)
def test_s22_a_tampered_link_leads_nowhere(site: Site, token: str) -> None:
    for place in ("r", "o", "p"):
        answer = site.app.test_client().get(f"/{place}/{token}")
        assert answer.status_code in (404, 308)
        where = answer.headers.get("Location", "")
        assert where == "" or where.startswith(("http://localhost/", f"/{place}/"))
        assert "evil" not in where.partition("?")[0].split("/")[2:3]


def test_s22_a_genuine_link_with_one_character_changed_leads_nowhere(site: Site) -> None:
    shop = RuleShop(site.database, site.workspace).open()
    target = "https://shop.example/new"
    shop.publish(sms(text="{link:shop} {link:opt_out}", links={"shop": target}), journey())
    shop.order(shop.customer())
    shop.tick()
    with shop.work() as uow:
        doors = {"link": "r", "opt_out": "o"}
        links = [(doors[row.kind], row.token) for row in uow.execute(message_link.select())]
    visitor = site.visitor()
    assert {door for door, _token in links} == {"r", "o"}
    for door, token in links:
        assert visitor.get(f"/{door}/{token}").status_code == {"r": 302, "o": 200}[door]
        for place, kept in enumerate(token):
            changed = token[:place] + ("A" if kept != "A" else "B") + token[place + 1 :]
            answer = visitor.get(f"/{door}/{changed}")
            assert (answer.status_code, answer.headers.get("Location")) == (404, None), changed
