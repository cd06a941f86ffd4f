"""Filling in a public form by its link, from the first look to the thanks."""

from io import BytesIO
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.history import history_of
from regulars.form_builder.public_forms.links import set_state
from regulars.platform.accounts.access import system_access
from regulars.platform.accounts.units import UnitValues, create_unit
from regulars.platform.blobs.tables import blob
from regulars.platform.privacy.consents import ledger_of
from tests.support.public_forms import ANN, YES, Shop


def customers(shop: Shop) -> list[Any]:
    """Every customer as stored, in order."""
    with shop.site.database.workspace_tx(shop.site.workspace, write=False) as uow:
        table = catalog_of(uow).tables["customers"].main
        return list(uow.execute(sa.select(table).order_by(table.c.id)))


def test_a_visitor_becomes_a_record_and_is_thanked(public_shop: Shop) -> None:
    answer = public_shop.send(ANN)
    assert answer.status_code == 303, answer.text
    thanks = public_shop.site.visitor().get(answer.headers["Location"])
    assert thanks.status_code == 200
    assert "Thank you" in thanks.text
    [made] = customers(public_shop)
    assert (made.name, made.mobile) == ("Ann", "+8613900001111")
    with public_shop.site.database.workspace_tx(public_shop.site.workspace) as uow:
        [entry] = history_of(uow, "customers", made.id)
    assert (entry.actor, entry.origin, entry.changes["tags"][1]) == (
        "public",
        "public",
        ["poster"],
    )


def test_all_that_is_wrong_is_said_at_once_in_the_visitors_language(public_shop: Shop) -> None:
    spoken = {"Accept-Language": "zh-CN,zh;q=0.9"}
    answer = public_shop.send({"name": "", "mobile": "12"}, headers=spoken)
    assert answer.status_code == 422
    assert answer.text.count('class="field-error"') == 2
    assert "提交" in answer.text
    switched = public_shop.send({"name": "", "_lang": "en"}, headers=spoken)
    assert "Become a member" in switched.text
    assert customers(public_shop) == []


def test_a_refused_page_can_be_mended_and_sent_with_the_same_ticket(public_shop: Shop) -> None:
    visitor = public_shop.site.visitor()
    ticket = public_shop.page(visitor)
    assert public_shop.send({"name": ""}, visitor=visitor, ticket=ticket).status_code == 422
    assert public_shop.send(ANN, visitor=visitor, ticket=ticket).status_code == 303


def test_a_link_of_a_store_puts_the_record_there(public_shop: Shop) -> None:
    site = public_shop.site
    with site.database.workspace_tx(site.workspace) as uow:
        store = create_unit(uow, system_access("en"), UnitValues("E", "East"))
    link = public_shop.offer(unit=store.id)
    assert "East" in site.visitor().get(link.path).text
    assert public_shop.send(ANN, link=link).status_code == 303
    assert [each.unit for each in customers(public_shop)] == [store.id]


def test_the_link_fills_in_listed_fields_only(public_shop: Shop) -> None:
    path = f"{public_shop.link.path}?name=Bo&mobile=13911112222"
    text = public_shop.site.visitor().get(path).text
    assert 'value="Bo"' in text
    assert 'value="13911112222"' not in text


def test_what_is_ticked_stands_in_the_ledger_and_nothing_is_ticked_beforehand(
    public_shop: Shop,
) -> None:
    page = public_shop.site.visitor().get(public_shop.link.path).text
    assert 'name="_consent"' in page
    assert "checked" not in page
    public_shop.send({**ANN, "_consent": YES})
    public_shop.send({"name": "Bo"})
    ann, bo = customers(public_shop)
    with public_shop.site.database.workspace_tx(public_shop.site.workspace) as uow:
        [said] = ledger_of(uow, "customers", ann.id)
        assert ledger_of(uow, "customers", bo.id) == []
    assert (said.purpose, said.channel, said.source) == ("marketing", "sms", "public_form")
    assert "Tell me about offers" in (said.evidence or "")


def test_closed_forms_say_so_and_take_nothing(public_shop: Shop) -> None:
    visitor = public_shop.site.visitor()
    ticket = public_shop.page(visitor)
    cases = [
        ({"closes_at": "2020-01-01T00:00"}, "closed"),
        ({"opens_at": "2090-01-01T00:00"}, "not open yet"),
    ]
    for changes, words in cases:
        link = public_shop.offer(**changes)
        assert words in visitor.get(link.path).text
        assert public_shop.send(ANN, visitor=visitor, ticket=ticket).status_code == 409
    link = public_shop.offer()
    with public_shop.site.database.workspace_tx(public_shop.site.workspace) as uow:
        set_state(uow, system_access("en"), "join", link.id, "paused")
    assert "for the moment" in visitor.get(link.path).text
    assert customers(public_shop) == []


def test_limits_hold_for_all_for_a_device_and_silently_for_a_number(public_shop: Shop) -> None:
    public_shop.offer(limits={"total": 1})
    public_shop.send({"name": "One"})
    assert "places are taken" in public_shop.site.visitor().get(public_shop.link.path).text
    public_shop.offer(limits={"per_device": 1})
    visitor = public_shop.site.visitor()
    assert public_shop.send({"name": "Two"}, visitor=visitor).status_code == 303
    again = public_shop.send({"name": "Three"}, visitor=visitor)
    assert again.status_code == 409
    assert "this device" in again.text
    public_shop.offer(limits={"per_phone": 1})
    assert public_shop.send({"name": "Four", "mobile": "13900002222"}).status_code == 303
    assert public_shop.send({"name": "Five", "mobile": "139 0000 2222"}).status_code == 303
    assert [each.name for each in customers(public_shop)] == ["One", "Two", "Four"]


def test_nobody_finds_these_pages_by_searching_and_nobody_keeps_them(public_shop: Shop) -> None:
    answer = public_shop.site.visitor().get(public_shop.link.path)
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert 'content="noindex' in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_what_the_page_asks_beyond_its_form_is_told_with_all_else(public_shop: Shop) -> None:
    public_shop.offer(required=["mobile"])
    answer = public_shop.send({"name": "Ann", "mobile": "", "email": "no"})
    assert answer.status_code == 422
    assert answer.text.count('class="field-error"') == 2
    assert public_shop.send({"name": "", "mobile": ""}).status_code == 422
    assert public_shop.send(ANN).status_code == 303


def test_an_empty_page_is_no_record(public_shop: Shop) -> None:
    link = public_shop.offer_reports()
    answer = public_shop.send({"what": "", "photo": ""}, link=link)
    assert answer.status_code == 422
    assert "Nothing has been filled in" in answer.text


def test_nobody_agrees_to_words_that_were_changed_while_they_read(public_shop: Shop) -> None:
    visitor = public_shop.site.visitor()
    ticket = public_shop.page(visitor)
    other = {"purpose": "profiling", "channels": ["sms"], "text": {"en": "Study what I buy."}}
    public_shop.offer(consents=[other])
    again = public_shop.send({**ANN, "_consent": YES}, visitor=visitor, ticket=ticket)
    assert again.status_code == 422
    assert "has just been changed" in again.text
    assert "Study what I buy." in again.text
    assert " checked" not in again.text
    assert customers(public_shop) == []
    assert public_shop.send(ANN, visitor=visitor, ticket=ticket).status_code == 303
    [ann] = customers(public_shop)
    with public_shop.site.database.workspace_tx(public_shop.site.workspace) as uow:
        assert ledger_of(uow, "customers", ann.id) == []


def test_a_paused_link_takes_no_files_and_answers_nothing(public_shop: Shop) -> None:
    link, site = public_shop.offer_reports(), public_shop.site
    visitor = site.visitor()
    ticket = public_shop.page(visitor, link)
    state = f"{site.home}/public-forms/join/links/{link.id}/state"
    site.signed_in().send(state, {"state": "paused"})
    photo = {"file": (BytesIO(b"GIF89a"), "a.gif")}
    kind = "multipart/form-data"
    handed = visitor.post(f"{link.path}/files/{ticket}", data=photo, content_type=kind)
    asked = visitor.post(f"{link.path}/live", data={"_ticket": ticket, "what": "x"})
    assert (handed.status_code, asked.status_code) == (409, 409)
    with site.database.workspace_tx(site.workspace, write=False) as uow:
        assert uow.scalar(sa.select(sa.func.count()).select_from(blob)) == 0
