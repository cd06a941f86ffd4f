"""A second word of yes: the message, the page that only shows, and the button that acts."""

import re
from typing import Any

import sqlalchemy as sa

from regulars.form_builder import records
from regulars.form_builder.origin import API
from regulars.form_builder.public_forms import opting_in
from regulars.form_builder.public_forms.tables import public_opt_in
from regulars.platform.accounts.access import system_access
from regulars.platform.privacy.consents import consents_of, ledger_of
from regulars.rule_engine.channels.base import Surroundings
from regulars.rule_engine.sender import send_due
from regulars.rule_engine.tables import outbound
from tests.support.public_forms import ANN, YES, Shop

_PATH = re.compile(r"/f/yes/[A-Za-z0-9_-]+")


def messages(shop: Shop) -> list[Any]:
    """Everything that waits to be sent or was."""
    with shop.site.database.workspace_tx(shop.site.workspace, write=False) as uow:
        return list(uow.execute(sa.select(outbound).order_by(outbound.c.id)))


def path_in(message: Any) -> str:
    """The page that a message leads to."""
    found = _PATH.search(message.body["text"])
    assert found is not None
    return found.group()


def agreed(shop: Shop, record: int) -> list[str]:
    """What a customer agrees to now."""
    with shop.site.database.workspace_tx(shop.site.workspace, write=False) as uow:
        return [each.purpose for each in consents_of(uow, "customers", record) if each.granted]


def test_agreement_counts_once_it_is_confirmed_and_looking_changes_nothing(
    public_shop: Shop,
) -> None:
    public_shop.offer(double_opt_in={"channel": "sms"})
    public_shop.send({**ANN, "_consent": YES})
    [message] = messages(public_shop)
    assert (message.address, message.purpose) == ("+8613900001111", "service")
    assert agreed(public_shop, message.record) == []
    path, visitor = path_in(message), public_shop.site.visitor()
    for _scanner in range(3):
        assert "Yes, it was me" in visitor.get(path).text
    assert agreed(public_shop, message.record) == []
    yes = visitor.post(path, content_type="application/x-www-form-urlencoded")
    assert "Confirmed" in yes.text
    assert agreed(public_shop, message.record) == ["marketing"]
    visitor.post(path, content_type="application/x-www-form-urlencoded")
    with public_shop.site.database.workspace_tx(public_shop.site.workspace) as uow:
        [said] = ledger_of(uow, "customers", message.record)
    assert "confirmed by sms" in (said.evidence or "")
    assert said.source == opting_in.SOURCE


def test_the_message_leaves_by_the_shops_own_way(public_shop: Shop) -> None:
    public_shop.offer(double_opt_in={"channel": "sms"})
    public_shop.send({**ANN, "_consent": YES})
    site = public_shop.site
    assert send_due(site.database, site.workspace, site.database.clock, Surroundings()) == 1
    [sent] = messages(public_shop)
    assert sent.status == "sent"
    alice = site.signed_in()
    for page in ("messages", f"messages/{sent.id}", f"forms/customers/records/{sent.record}"):
        shown = alice.get(f"{site.home}/{page}", follow_redirects=True)
        assert shown.status_code == 200, page
    listed = site.visitor().get("/api/v1/messages", headers=site.token())
    assert listed.status_code == 200


def test_links_grow_old_and_the_store_keeps_no_secret(public_shop: Shop) -> None:
    public_shop.offer(double_opt_in={"channel": "sms"})
    public_shop.send({**ANN, "_consent": YES})
    path = path_in(messages(public_shop)[0])
    with public_shop.site.database.workspace_tx(public_shop.site.workspace) as uow:
        kept = uow.execute(sa.select(public_opt_in.c.token)).scalar_one()
    assert kept not in path
    assert path.rpartition("/")[2] not in kept
    public_shop.later(days=8)
    assert public_shop.site.visitor().get(path).status_code == 404


def test_messages_have_a_budget_for_a_number_and_for_a_day(public_shop: Shop) -> None:
    public_shop.offer(double_opt_in={"channel": "sms", "per_day": 4})
    for _time in range(5):
        answer = public_shop.send({**ANN, "_consent": YES})
        assert answer.status_code == 303
    assert len(messages(public_shop)) == opting_in.PER_ADDRESS
    for n in range(3):
        answer = public_shop.send({"name": "B", "mobile": f"1390000222{n}", "_consent": YES})
        assert answer.status_code == 303
    assert len(messages(public_shop)) == 4


def test_the_number_of_a_card_is_shown_to_who_confirmed(public_shop: Shop) -> None:
    public_shop.offer(double_opt_in={"channel": "sms"}, shows={"field": "name", "as": "qr"})
    answer = public_shop.send(ANN)
    thanks = public_shop.site.visitor().get(answer.headers["Location"]).text
    assert "Your number" not in thanks
    path = path_in(messages(public_shop)[0])
    done = public_shop.site.visitor().post(path, content_type="application/x-www-form-urlencoded")
    assert "Your number" in done.text
    assert 'class="qr"' in done.text


def test_a_known_person_says_yes_by_the_message_and_nothing_else_changes(
    public_shop: Shop,
) -> None:
    public_shop.offer(double_opt_in={"channel": "sms"})
    public_shop.send(ANN)
    public_shop.send({"name": "Eve", "mobile": ANN["mobile"], "_consent": YES})
    [message] = messages(public_shop)
    path = path_in(message)
    public_shop.site.visitor().post(path, content_type="application/x-www-form-urlencoded")
    assert agreed(public_shop, message.record) == ["marketing"]
    shown = public_shop.site.visitor().get(
        f"/api/v1/forms/customers/records/{message.record}", headers=public_shop.site.token()
    )
    assert (shown.json or {})["name"] == "Ann"


def test_a_message_speaks_for_the_number_it_went_to_and_for_nobody_who_is_gone(
    public_shop: Shop,
) -> None:
    public_shop.offer(double_opt_in={"channel": "sms"})
    public_shop.send({**ANN, "_consent": YES})
    public_shop.send({"name": "Bo", "mobile": "13900002222", "_consent": YES})
    moved, gone = messages(public_shop)
    site, owner = public_shop.site, system_access("en")
    with site.database.workspace_tx(site.workspace) as uow:
        other = {"mobile": "13922223333"}
        records.update_record(uow, owner, "customers", moved.record, other, origin=API)
        records.delete_record(uow, owner, "customers", gone.record, origin=API)
    for each in (moved, gone):
        path, visitor = path_in(each), site.visitor()
        assert visitor.get(path).status_code == 404
        yes = visitor.post(path, content_type="application/x-www-form-urlencoded")
        assert yes.status_code == 404
        assert agreed(public_shop, each.record) == []
