"""S19: a public form gives bots nothing to do, and strangers nothing to learn."""

import re
from typing import Any

import pytest
import sqlalchemy as sa

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.web.public_forms import doors
from regulars.platform.accounts.throttle import Limit
from regulars.rule_engine.tables import outbound
from tests.support.public_forms import ANN, YES, Shop
from tests.support.site import Site

_SECRET = re.compile(r"[0-9]+-[A-Za-z0-9_-]{22}|_ticket\" value=\"[^\"]+\"|/done/[^\"]+")


def count(shop: Shop) -> int:
    """How many customers there are."""
    with shop.site.database.workspace_tx(shop.site.workspace, write=False) as uow:
        table = catalog_of(uow).tables["customers"].main
        found: int = uow.scalar(sa.select(sa.func.count()).select_from(table))
        return found


def plain(text: str) -> str:
    """A page without what is another one each time."""
    return _SECRET.sub("", re.sub(r'nonce="[^"]+"|name="csrf[^>]+>|[0-9a-f]{64}', "", text))


def test_s19_a_thousand_posts_are_slowed_down(
    public_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doors, "SENDS", Limit(5, doors.SENDS.window))
    visitor = public_shop.site.visitor()
    answers = [
        visitor.post(public_shop.link.path, data={"name": "Bot"}).status_code for _ in range(8)
    ]
    assert answers == [422] * 5 + [429] * 3
    assert count(public_shop) == 0


def test_s19_many_addresses_together_are_slowed_down_too(
    public_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doors, "SENDS_OF_ALL", Limit(3, doors.SENDS_OF_ALL.window))
    answers = [
        public_shop.site.visitor()
        .post(
            public_shop.link.path, data={"name": "Bot"},
            environ_base={"REMOTE_ADDR": f"203.0.113.{n}"},
        )
        .status_code
        for n in range(5)
    ]  # fmt: skip
    assert answers == [422] * 3 + [429] * 2


def test_s19_a_text_of_five_megabytes_is_refused_unread(public_shop: Shop) -> None:
    answer = public_shop.site.visitor().post(public_shop.link.path, data={"name": "x" * 5_000_000})
    assert answer.status_code == 413
    assert count(public_shop) == 0


def test_s19_a_bot_without_a_page_with_a_forged_or_a_foreign_one_gets_nowhere(
    public_shop: Shop,
) -> None:
    good = public_shop.page(public_shop.site.visitor())
    stamp, nonce, mac = good.split(".")
    forged = ["", "x", "..", f"{stamp}.{nonce}.", f"{int(stamp) - 60}.{nonce}.{mac}",
              f"{stamp}.{nonce}x.{mac}", f"{stamp}.{nonce}.{'0' * 40}", "９.a.b"]  # fmt: skip
    for ticket in forged:
        answer = public_shop.site.visitor().post(
            public_shop.link.path, data={**ANN, "_ticket": ticket}
        )
        assert answer.status_code == 422, ticket
    assert count(public_shop) == 0


def test_s19_a_page_is_sent_once_not_at_once_and_not_a_week_later(public_shop: Shop) -> None:
    visitor = public_shop.site.visitor()
    ticket = public_shop.page(visitor)
    fast = visitor.post(public_shop.link.path, data={**ANN, "_ticket": ticket})
    assert fast.status_code == 422
    assert public_shop.send(ANN, visitor=visitor, ticket=ticket).status_code == 303
    again = public_shop.send({"name": "Bo"}, visitor=visitor, ticket=ticket)
    assert again.status_code == 409
    old = public_shop.page(visitor)
    public_shop.later(days=7)
    assert public_shop.send({"name": "Cy"}, visitor=visitor, ticket=old).status_code == 422
    assert count(public_shop) == 1


def test_s19_who_fills_in_what_nobody_sees_is_a_machine(public_shop: Shop) -> None:
    assert public_shop.send({**ANN, "_website": "https://spam.example"}).status_code == 422
    assert count(public_shop) == 0


def test_s19_who_is_a_member_already_cannot_be_told(public_shop: Shop) -> None:
    public_shop.offer(double_opt_in={"channel": "sms"})
    public_shop.send(ANN)
    seen: list[tuple[Any, ...]] = []
    for mobile in (ANN["mobile"], "13900003333"):
        answer = public_shop.send({"name": "Eve", "mobile": mobile, "_consent": YES})
        thanks = public_shop.site.visitor().get(answer.headers["Location"])
        headers = {
            k: v
            for k, v in answer.headers.items()
            if k not in ("Location", "Content-Security-Policy", "X-Request-Id")
        }
        wrong = public_shop.send({"name": "", "mobile": mobile, "birthday": "never"})
        refused = plain(wrong.text).replace(mobile, "")
        seen.append((answer.status_code, headers, plain(thanks.text), wrong.status_code, refused))
    for known, unknown in zip(*seen, strict=True):
        assert known == unknown
    with public_shop.site.database.workspace_tx(public_shop.site.workspace) as uow:
        sent = uow.execute(sa.select(outbound.c.body).order_by(outbound.c.id)).scalars().all()
    assert len({_SECRET.sub("", each["text"]) for each in sent}) == 1
    assert len(sent) == 2
    assert count(public_shop) == 2


def test_s19_every_answer_is_held_back_alike(
    site: Site, public_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[float] = []
    monkeypatch.setattr(doors, "LEAST", 0.01)
    monkeypatch.setattr(doors.time, "sleep", held.append)
    public_shop.send(ANN)
    public_shop.send(ANN)
    public_shop.send({"name": ""})
    assert len(held) == 3


@pytest.mark.parametrize("name", ["return", "next", "redirect", "url", "_next", "to"])
@pytest.mark.parametrize("value", ["//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_s19_nothing_that_is_sent_says_where_to_go(
    public_shop: Shop, name: str, value: str
) -> None:
    answer = public_shop.send({**ANN, name: value})
    assert answer.status_code == 422
    visitor = public_shop.site.visitor()
    page = visitor.get(public_shop.link.path, query_string={name: value})
    assert 'href="//evil' not in page.text
    assert 'action="' + public_shop.link.path in page.text


def test_s19_a_link_opens_its_form_and_no_other_door(public_shop: Shop) -> None:
    visitor, token = public_shop.site.visitor(), public_shop.link.token
    bearer = {"Authorization": f"Bearer {token}"}
    assert visitor.get("/api/v1/forms/customers/records", headers=bearer).status_code == 401
    assert visitor.get(f"/f/yes/{token}").status_code == 404
    assert visitor.get(f"/r/{token}").status_code == 404
    assert visitor.get(f"/o/{token}").status_code == 404


def test_s19_links_cannot_be_guessed(public_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doors, "WRONG_LINKS", Limit(3, doors.WRONG_LINKS.window))
    visitor, place = public_shop.site.visitor(), public_shop.site.workspace.id
    tries = [f"{place}-{'A' * 21}{n}" for n in range(5)]
    assert [visitor.get(f"/f/{each}").status_code for each in tries] == [404] * 3 + [429] * 2


def test_s16_nothing_but_the_fields_on_the_page_is_written(public_shop: Shop) -> None:
    for name in ("tier", "tags", "id", "version", "unit", "owner", "created_at", "workspace_id",
                 "is_admin", "total_spend", "mobile__ci", "customers.name"):  # fmt: skip
        answer = public_shop.send({"name": "Ann", name: "diamond"})
        assert answer.status_code == 422, name
    assert count(public_shop) == 0


def test_s07_what_strangers_write_is_text_on_every_page(public_shop: Shop) -> None:
    bad = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    again = public_shop.send({"name": bad, "mobile": "1"})
    assert again.status_code == 422
    public_shop.offer(label={"en": bad}, welcome={"en": bad}, thanks={"en": bad})
    sent = public_shop.send({"name": bad})
    site = public_shop.site
    alice = site.signed_in()
    pages = [
        again.text, site.visitor().get(public_shop.link.path).text,
        site.visitor().get(sent.headers["Location"]).text,
        alice.get(f"{site.home}/public-forms").text,
        alice.get(f"{site.home}/public-forms/join").text,
        alice.get(f"{site.home}/public-forms/join/edit").text,
    ]  # fmt: skip
    for page in pages:
        assert "<script>alert" not in page
        assert "<img src=x" not in page
