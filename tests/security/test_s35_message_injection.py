"""S35: what a value brings along never becomes more than text."""

import pytest

from regulars.form_builder.catalog import catalog_of
from regulars.platform.clock import utc_now
from regulars.platform.db import Database, Workspace
from regulars.platform.mailer import Mail, MailRefused, build
from regulars.platform.privacy.consents import find_state
from regulars.rule_engine.service import choose_provider
from regulars.rule_engine.sms_parts import MOST_PARTS, count_parts
from regulars.wiring import wire
from tests.support.rule_shop import SYSTEM, RuleShop, journey, sms

MAIL = {
    "kind": "message", "key": "hello",
    "channels": {"email": {"subject": "Hi {name}", "markdown": "Dear {name}"}},
}  # fmt: skip
BY_MAIL = journey(
    steps=[{"id": "hello", "do": "send_message", "message": "hello", "channel": "email"}]
)
EVIL = [
    "Anna\r\nBcc: all@example.com", "{{7*7}}", "{name}", "<script>alert(1)</script>",
    "[x](javascript:alert(1))",
]  # fmt: skip


@pytest.fixture
def shop(database: Database, workspace: Workspace) -> RuleShop:
    wire()
    return RuleShop(database, workspace).open()


@pytest.mark.parametrize("name", EVIL)
def test_s35_a_name_stays_a_name_in_a_mail(shop: RuleShop, name: str) -> None:
    shop.publish(MAIL, BY_MAIL)
    with shop.work() as uow:
        choose_provider(uow, SYSTEM, "email", "smtp")
    anna = shop.customer(name=name, email="anna@example.com")
    shop.consent(anna, channel="email")
    shop.order(anna)
    shop.tick()
    (mail,) = shop.mailer.outbox
    made = build(mail, "shop@example.com", utc_now)
    assert (made["To"], made.get("Bcc"), "\n" in mail.subject) == ("anna@example.com", None, False)
    assert "<script" not in (mail.html or "")
    assert "javascript:" not in (mail.html or "") or 'href="javascript' not in (mail.html or "")
    assert "49" not in mail.text


@pytest.mark.parametrize("to", ["a@b.example\r\nBcc: c@d.example", "a@b.example, c@d.example"])
def test_s35_one_mail_has_one_recipient(to: str) -> None:
    with pytest.raises(MailRefused):
        build(Mail(to, "x", "x", "k"), "shop@example.com", utc_now)


def test_s35_a_value_grown_out_of_all_measure_is_not_sent_and_says_why(shop: RuleShop) -> None:
    shop.publish(sms(), journey())
    name = "x" * 5000
    shop.order(shop.customer(name="x" * 200))
    with shop.work() as uow:
        table = catalog_of(uow).tables["customers"].main
        uow.execute(table.update().values(name=name))  # as another program may have written it
    shop.tick()
    (message,) = shop.messages()
    assert message.status == "suppressed"
    parts = count_parts(message.body["text"])
    assert message.reason == {"code": "too-many-parts", "n": parts, "most": MOST_PARTS}


def test_s35_a_value_that_reads_like_an_opt_out_is_only_text(shop: RuleShop) -> None:
    shop.publish(sms(), journey())
    anna = shop.customer(name="TD 退订 STOP")
    shop.order(anna)
    shop.tick()
    shop.order(anna)
    shop.tick()
    assert [message.status for message in shop.messages()] == ["sent", "sent"]
    with shop.work() as uow:
        assert find_state(uow, "customers", anna, "marketing", "sms") is True


def test_s35_a_long_value_is_counted_in_parts_so_the_budget_holds(shop: RuleShop) -> None:
    shop.publish(sms(), journey())
    shop.order(shop.customer(name="好" * 200))
    shop.tick()
    (message,) = shop.messages()
    assert message.parts == count_parts(message.body["text"]) >= 3
