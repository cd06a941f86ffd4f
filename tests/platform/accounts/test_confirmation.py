import re

import pytest

from regulars.platform.accounts import members, signing
from regulars.platform.accounts.tables import api_token
from tests.support.clocks import MovableClock
from tests.support.site import PASSWORD, Site

SENSITIVE = (
    ("/w/shop/settings/tokens", {"name": "Till", "role": "clerk"}),
    ("/w/shop/settings/members/{bob}", {"role": "manager"}),
    ("/w/shop/settings/members/{bob}/active", {"active": "0"}),
    ("/w/shop/settings/members/{bob}/password-link", {}),
    ("/w/shop/settings/members/{bob}/second-factor-link", {}),
    ("/w/shop/settings/security", {"owners_need_second_factor": "1"}),
    ("/w/shop/settings/archive", {}),
    ("/w/shop/settings/delete", {"confirm": "回头客小店"}),
    ("/w/shop/settings/members/invite", {"name": "E", "email": "e@x.example", "role": "owner"}),
    ("/account/second-factor", {}),
    ("/account/second-factor/off", {}),
    ("/account/second-factor/recovery-codes", {}),
)


@pytest.mark.parametrize(("path", "values"), SENSITIVE)
def test_what_a_borrowed_browser_must_not_do_asks_for_the_password(
    site: Site, clock: MovableClock, path: str, values: dict[str, str]
) -> None:
    alice = site.signed_in("Alice")
    site.person("Bob", "clerk")
    target = path.format(bob=site.member_id("Bob"))
    clock.forward(minutes=11)
    asked = alice.send(target, values)
    assert asked.status_code == 403
    assert "Please type your password again" in asked.text
    assert f'action="{target}"' in asked.text
    for name, value in values.items():
        assert f'type="hidden" name="{name}" value="{value}"' in asked.text
    wrong = alice.send(target, {**values, "confirm_password": "wrong"})
    assert wrong.status_code == 422
    assert "That is not your current password." in wrong.text
    done = alice.send(target, {**values, "confirm_password": PASSWORD})
    assert done.status_code in (200, 303)


def test_nothing_was_done_before_the_password_came(site: Site, clock: MovableClock) -> None:
    alice = site.signed_in("Alice")
    clock.forward(minutes=11)
    alice.send(f"{site.home}/settings/tokens", {"name": "Till", "role": "clerk"})
    with site.database.main_tx(write=False) as connection:
        assert connection.execute(api_token.select()).all() == []


def test_once_in_ten_minutes_is_enough(site: Site, clock: MovableClock) -> None:
    alice, page = site.signed_in("Alice"), f"{site.home}/settings/tokens"
    values = {"name": "Till", "role": "clerk"}
    assert alice.send(page, values).status_code == 200  # signed in a moment ago
    clock.forward(minutes=9)
    assert alice.send(page, values).status_code == 200
    clock.forward(minutes=2)
    assert alice.send(page, values).status_code == 403
    assert alice.send(page, {**values, "confirm_password": PASSWORD}).status_code == 200
    clock.forward(minutes=9)
    assert alice.send(page, values).status_code == 200


def test_it_holds_for_one_device_only(site: Site, clock: MovableClock) -> None:
    till, office = site.signed_in("Alice"), site.signed_in("Alice")
    clock.forward(minutes=11)
    page, values = f"{site.home}/settings/tokens", {"name": "Till", "role": "clerk"}
    assert office.send(page, {**values, "confirm_password": PASSWORD}).status_code == 200
    assert till.send(page, values).status_code == 403


def test_guessing_the_password_is_limited(site: Site, clock: MovableClock) -> None:
    alice, page = site.signed_in("Alice"), f"{site.home}/settings/tokens"
    clock.forward(minutes=11)
    values = {"name": "Till", "role": "clerk", "confirm_password": "wrong"}
    answers = [alice.send(page, values).status_code for _ in range(signing.PER_ACCOUNT.tries + 1)]
    assert answers == [422] * signing.PER_ACCOUNT.tries + [429]


def test_inviting_a_clerk_asks_nothing(site: Site, clock: MovableClock) -> None:
    alice = site.signed_in("Alice")
    clock.forward(minutes=11)
    wish = {"name": "Eve", "email": "eve@x.example", "role": "clerk"}
    assert alice.send(f"{site.home}/settings/members/invite", wish).status_code == 200


def test_who_may_not_do_it_is_refused_all_the_same(site: Site, clock: MovableClock) -> None:
    site.person("Alice")
    bob = site.signed_in("Bob", "clerk")
    clock.forward(minutes=11)
    values = {"name": "Till", "role": "owner", "confirm_password": PASSWORD}
    assert bob.send(f"{site.home}/settings/tokens", values).status_code == 403
    assert site.visitor().send(f"{site.home}/settings/tokens", values).status_code == 303


def test_htmx_is_led_to_the_question_and_back(site: Site, clock: MovableClock) -> None:
    alice, page = site.signed_in("Alice"), f"{site.home}/settings/tokens"
    alice.get(page)
    clock.forward(minutes=11)
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://localhost{page}",
               "X-CSRF-Token": alice.csrf}  # fmt: skip
    answer = alice.post(page, data={"name": "Till", "role": "clerk"}, headers=headers)
    question = answer.headers["HX-Redirect"]
    assert question == f"/account/confirm?next={page}"
    assert 'type="password"' in alice.get(question).text
    wrong = alice.send("/account/confirm", {"next": page, "confirm_password": "no"})
    assert wrong.status_code == 422
    back = alice.send("/account/confirm", {"next": page, "confirm_password": PASSWORD})
    assert back.location == page
    again = alice.post(page, data={"name": "T", "role": "clerk"}, headers=headers)
    assert again.status_code == 200


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example/", "/nowhere"])
def test_s22_the_question_leads_to_our_own_pages_only(site: Site, target: str) -> None:
    alice = site.signed_in("Alice")
    values = {"next": target, "confirm_password": PASSWORD}
    assert alice.send("/account/confirm", values).location == "/"


def test_what_was_sent_is_carried_as_text_only(site: Site, clock: MovableClock) -> None:
    alice = site.signed_in("Alice")
    clock.forward(minutes=11)
    nasty = {"name": '"><script>alert(1)</script>', "role": "clerk"}
    page = alice.send(f"{site.home}/settings/tokens", nasty).text
    assert "<script>alert" not in page
    assert re.search(r'value="&#34;&gt;&lt;script&gt;', page)


def test_the_language_is_the_readers(site: Site, clock: MovableClock) -> None:
    alice = site.signed_in("Alice")
    clock.forward(minutes=11)
    page = alice.send(
        f"{site.home}/settings/tokens", {"name": "T"}, headers={"Accept-Language": "zh-CN"}
    )
    assert "Please type your password again" in page.text


def test_a_role_change_that_was_confirmed_is_made(site: Site, clock: MovableClock) -> None:
    alice = site.signed_in("Alice")
    site.person("Bob", "clerk")
    clock.forward(hours=1)
    target = f"{site.home}/settings/members/{site.member_id('Bob')}"
    alice.send(target, {"role": "manager", "confirm_password": PASSWORD})
    with site.database.workspace_tx(site.workspace, write=False) as uow:
        assert members.get_member(uow, site.member_id("Bob")).role == "manager"
