"""P01 and P06: strangers are asked for nothing personal without a reason, and agree by hand."""

from typing import Any

import pytest
import sqlalchemy as sa

from regulars.form_builder.people.erase_plan import EraseWish
from regulars.form_builder.people.erasing import erase_person
from regulars.form_builder.public_forms.tables import public_opt_in, public_submission
from regulars.platform.accounts.access import system_access
from regulars.platform.definitions import store
from regulars.platform.errors import Invalid
from regulars.platform.privacy.ledger import consent_entry
from tests.support.public_forms import ANN, JOIN, YES, Shop

BOX = JOIN["consents"][0]


def refusals(shop: Shop, **changes: Any) -> set[tuple[str, str]]:
    """Where and why a changed public form is not published."""
    raw = {k: v for k, v in {**JOIN, **changes}.items() if v is not None}
    with shop.site.database.workspace_tx(shop.site.workspace) as uow:
        access = system_access("en")
        try:
            store.save_draft(uow, access, "public_form", raw)
            store.publish(uow, access, [("public_form", "join")])
        except Invalid as invalid:
            return {(each.path, each.code) for each in invalid.problems}
    return set()


def test_p01_a_personal_field_without_purpose_is_not_published(public_shop: Shop) -> None:
    found = refusals(public_shop, purposes={"name": "membership"})
    fields = JOIN["fields"]
    places = [f"public_form/join/fields/{fields.index(key)}" for key in fields if key != "name"]
    assert found == {(place, "field-without-purpose") for place in places}


def test_p01_the_purpose_of_the_field_itself_is_enough(public_shop: Shop) -> None:
    assert refusals(public_shop) == set()


def test_p01_visitors_read_what_each_field_is_for(public_shop: Shop) -> None:
    page = public_shop.site.visitor().get(public_shop.link.path).text
    assert "to know you as a member" in page


@pytest.mark.parametrize("extra", [{"checked": True}, {"default": True}, {"required": True}])
def test_p06_no_box_can_be_ticked_beforehand_or_forced(
    public_shop: Shop, extra: dict[str, Any]
) -> None:
    name = next(iter(extra))
    found = refusals(public_shop, consents=[{**BOX, **extra}])
    assert any(place.endswith(name) for place, _code in found)


def test_p06_boxes_need_people_and_their_address(public_shop: Shop) -> None:
    found = refusals(public_shop, fields=["name"], consents=[BOX])
    assert ("public_form/join/consents/0", "consent-without-address") in found


def test_p06_who_ticks_nothing_has_agreed_to_nothing(public_shop: Shop) -> None:
    public_shop.send(ANN)
    with public_shop.site.database.workspace_tx(public_shop.site.workspace) as uow:
        assert uow.execute(sa.select(consent_entry)).all() == []


def test_p09_an_erased_visitor_leaves_nothing_that_waits(public_shop: Shop) -> None:
    public_shop.offer(double_opt_in={"channel": "sms"})
    public_shop.send({**ANN, "_consent": YES})
    with public_shop.site.database.workspace_tx(public_shop.site.workspace) as uow:
        [waiting] = uow.execute(sa.select(public_opt_in)).all()
        wish = EraseWish("customers", waiting.record, confirm="Ann")
        erase_person(uow, system_access("en"), wish)
        assert uow.execute(sa.select(public_opt_in)).all() == []
        assert uow.execute(sa.select(public_submission)).all() == []
