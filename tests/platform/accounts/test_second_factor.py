import re
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

import pytest

from regulars.platform.accounts import second_factors
from regulars.platform.accounts.tables import recovery_code, second_factor
from regulars.platform.errors import Invalid, RegularsError
from regulars.platform.sealing import seal_for
from regulars.platform.secret_keys import new_key
from tests.support.clocks import MovableClock
from tests.support.second_factor import Phone, phone_of
from tests.support.site import PASSWORD, SECRET, Site, Visitor

PAGE = "/account/second-factor"
SEAL = seal_for((SECRET,))


def give_password(site: Site, name: str = "Alice") -> Visitor:
    """A browser in which the password was right and the code is still owed."""
    visitor = site.visitor()
    answer = visitor.send("/sign-in", {"email": f"{name}@shop.example", "password": PASSWORD})
    assert answer.location.startswith("/sign-in/code")
    visitor.get(answer.location)
    return visitor


def sign_in(site: Site, code: str) -> int:
    return give_password(site).send("/sign-in/code", {"code": code}).status_code


def test_somebody_turns_it_on_with_the_app_of_their_phone(site: Site) -> None:
    alice = site.signed_in("Alice")
    assert "Set it up" in alice.get(f"{site.home}/profile").text
    assert alice.send(PAGE).status_code == 303
    page = alice.get(PAGE).text
    assert 'class="qr" role="img"' in page
    found = re.search(r'id="factor-secret" value="([A-Z2-7]{32})"', page)
    assert found is not None
    phone = Phone(site.database, found.group(1))
    assert alice.send(f"{PAGE}/confirm", {"code": "000000"}).status_code == 422
    done = alice.send(f"{PAGE}/confirm", {"code": phone.code()})
    assert done.status_code == 200
    assert len(re.findall(r"<li>[2-9A-Z]{4}(?:-[2-9A-Z]{4}){3}</li>", done.text)) == 10
    assert "On since" in alice.get(f"{site.home}/profile").text


def test_the_secret_is_never_shown_again(site: Site) -> None:
    person, alice = site.person("Alice"), site.signed_in("Alice")
    phone = phone_of(site.database, person)
    pages = [alice.get(PAGE).text, alice.get(f"{site.home}/profile").text]
    assert not any(phone.secret in page or phone.recovery[0] in page for page in pages)


def test_what_the_app_scans_names_product_and_account(site: Site) -> None:
    person = site.person("Alice")
    with site.database.main_tx() as connection:
        second_factors.begin(connection, SEAL, person.id, now=site.database.clock())
        setup = second_factors.unfinished(connection, SEAL, person)
    assert setup is not None
    parts = urlsplit(setup.url)
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert parts.path == "/Regulars:alice@shop.example"
    assert parse_qs(parts.query) == {"secret": [setup.secret], "issuer": ["Regulars"]}


def test_the_stores_hold_neither_secret_nor_recovery_code(site: Site) -> None:
    phone = phone_of(site.database, site.person("Alice"))
    with site.database.main_tx(write=False) as connection:
        rows = str(connection.execute(second_factor.select()).all())
        rows += str(connection.execute(recovery_code.select()).all())
    assert phone.secret not in rows
    assert all(code not in rows and code.replace("-", "") not in rows for code in phone.recovery)


def test_the_password_alone_opens_nothing_any_more(site: Site) -> None:
    phone = phone_of(site.database, site.person("Alice"))
    visitor = give_password(site)
    assert visitor.get(f"{site.home}/").location.startswith("/sign-in")
    assert visitor.send("/sign-in/code", {"code": phone.code()}).status_code == 303
    assert visitor.get(f"{site.home}/").status_code == 200


def test_the_page_that_was_wanted_comes_after_the_code(site: Site) -> None:
    phone = phone_of(site.database, site.person("Alice"))
    visitor, wanted = site.visitor(), f"{site.home}/settings/members"
    values = {"email": "alice@shop.example", "password": PASSWORD, "next": wanted}
    step = visitor.send("/sign-in", values)
    page = visitor.get(step.location)
    assert f'name="next" value="{wanted}"' in page.text
    code = {"code": phone.code(), "next": wanted}
    assert visitor.send("/sign-in/code", code).location == wanted


@pytest.mark.parametrize("typed", [" {0} {1} ", "{0}-{1}", "{0}{1}\u3000"])
def test_a_code_may_be_typed_with_spaces_dashes_and_wide_digits(site: Site, typed: str) -> None:
    phone = phone_of(site.database, site.person("Alice"))
    code = typed.format(phone.code()[:3], phone.code()[3:])
    wide = code.translate({ord("0") + n: ord("０") + n for n in range(10)})
    assert sign_in(site, wide) == 303


def test_a_code_of_the_next_or_the_last_half_minute_counts(
    site: Site, clock: MovableClock
) -> None:
    phone = phone_of(site.database, site.person("Alice"))
    assert sign_in(site, phone.code(2)) == 422
    assert sign_in(site, phone.code(1)) == 303
    clock.forward(minutes=5)
    assert sign_in(site, phone.code(-2)) == 422
    assert sign_in(site, phone.code(-1)) == 303


def test_a_code_is_taken_once(site: Site, clock: MovableClock) -> None:
    phone = phone_of(site.database, site.person("Alice"))
    code = phone.code()
    assert sign_in(site, code) == 303
    assert sign_in(site, code) == 422
    clock.forward(seconds=30)
    assert sign_in(site, code) == 422
    assert sign_in(site, phone.code(-1)) == 422  # it is the same one
    assert sign_in(site, phone.code()) == 303


def test_of_many_who_send_the_same_code_at_once_one_gets_in(site: Site) -> None:
    person = site.person("Alice")
    phone = phone_of(site.database, person)
    code, now = phone.code(), site.database.clock()

    def attempt(_number: int) -> bool:
        try:
            second_factors.check(site.database, SEAL, person.id, code, now=now)
        except RegularsError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(attempt, range(5))) == 1


def test_a_recovery_code_works_once_and_in_any_spelling(site: Site) -> None:
    phone = phone_of(site.database, site.person("Alice"))
    code = phone.recovery[0].lower().replace("-", " ")
    assert sign_in(site, code) == 303
    assert sign_in(site, code) == 422
    with site.database.main_tx(write=False) as connection:
        state = second_factors.state_of(connection, site.people["Alice"].id)
    assert state.recovery_left == 9


def test_new_recovery_codes_replace_the_old_ones(site: Site) -> None:
    phone = phone_of(site.database, site.person("Alice"))
    page = site.signed_in("Alice").send(f"{PAGE}/recovery-codes").text
    fresh = re.findall(r"<li>([2-9A-Z-]{19})</li>", page)
    assert len(fresh) == 10
    assert sign_in(site, phone.recovery[0]) == 422
    assert sign_in(site, fresh[0]) == 303


def test_guessing_codes_is_limited_and_the_right_password_does_not_help(
    site: Site, clock: MovableClock
) -> None:
    phone = phone_of(site.database, site.person("Alice"))
    wrong = f"{(int(phone.code()) + 1) % 10**6:06}"
    tries = second_factors.PER_PERSON.tries
    visitors = [give_password(site) for _ in range(tries + 1)]
    answers = [each.send("/sign-in/code", {"code": wrong}).status_code for each in visitors]
    assert answers == [422] * tries + [429]
    assert sign_in(site, phone.code()) == 429
    clock.forward(minutes=16)
    assert sign_in(site, phone.code()) == 303


def test_the_visit_id_changes_at_each_step(site: Site) -> None:
    phone = phone_of(site.database, site.person("Alice"))
    visitor = site.visitor()
    seen = []
    visitor.get("/sign-in")
    for path, values in (
        ("/sign-in", {"email": "alice@shop.example", "password": PASSWORD}),
        ("/sign-in/code", {"code": phone.code()}),
    ):
        cookie = visitor.get_cookie("regulars")
        assert cookie is not None
        seen.append(cookie.value)
        visitor.get(path)
        assert visitor.send(path, values).status_code == 303
    for planted in seen:
        thief = site.visitor()
        thief.set_cookie("regulars", planted)
        assert thief.get(f"{site.home}/").status_code == 303
    assert len(set(seen)) == 2


def test_the_second_step_waits_ten_minutes(site: Site, clock: MovableClock) -> None:
    phone = phone_of(site.database, site.person("Alice"))
    visitor = give_password(site)
    clock.forward(minutes=11)
    assert visitor.get("/sign-in/code").location == "/sign-in"
    late = visitor.send("/sign-in/code", {"code": phone.code()})
    assert late.location == "/sign-in"


def test_without_a_password_before_it_the_second_step_leads_to_the_first(site: Site) -> None:
    site.person("Alice")
    assert site.visitor().get("/sign-in/code").location == "/sign-in"
    assert site.visitor().send("/sign-in/code", {"code": "123456"}).location == "/sign-in"


def test_turning_it_on_ends_the_other_sessions(site: Site) -> None:
    elsewhere, alice = site.signed_in("Alice"), site.signed_in("Alice")
    alice.send(PAGE)
    found = re.search(r'value="([A-Z2-7]{32})"', alice.get(PAGE).text)
    assert found is not None
    before = alice.get_cookie("regulars")
    alice.send(f"{PAGE}/confirm", {"code": Phone(site.database, found.group(1)).code()})
    after = alice.get_cookie("regulars")
    assert before is not None
    assert after is not None
    assert before.value != after.value
    assert alice.get(f"{site.home}/").status_code == 200
    assert elsewhere.get(f"{site.home}/").status_code == 303


def test_turning_it_off_makes_the_password_enough_again(site: Site) -> None:
    phone_of(site.database, site.person("Alice"))
    alice = site.signed_in("Alice")
    assert alice.send(f"{PAGE}/off").status_code == 303
    values = {"email": "alice@shop.example", "password": PASSWORD}
    assert site.visitor().send("/sign-in", values).location == "/"


def test_it_cannot_be_begun_over_while_it_is_on(site: Site) -> None:
    phone_of(site.database, site.person("Alice"))
    alice = site.signed_in("Alice")
    assert alice.send(PAGE).status_code == 409
    assert alice.send(f"{PAGE}/confirm", {"code": "000000"}).status_code == 409


def test_a_new_password_still_asks_for_the_code(site: Site) -> None:
    alice = site.signed_in("Alice")
    phone = phone_of(site.database, site.person("Bob", "clerk"))
    page = alice.send(f"{site.home}/settings/members/{site.member_id('Bob')}/password-link")
    found = re.search(r"/new-password/[\w-]+", page.text)
    assert found is not None
    bob = site.visitor()
    bob.get(found.group())
    step = bob.send(found.group(), {"password": "six loud green tractors"})
    assert step.location.startswith("/sign-in/code")
    assert bob.get(f"{site.home}/").status_code == 303
    assert bob.send("/sign-in/code", {"code": phone.code()}).status_code == 303


def test_an_owner_hands_over_a_link_for_a_lost_phone(site: Site) -> None:
    alice = site.signed_in("Alice")
    phone_of(site.database, site.person("Bob", "clerk"))
    bob_elsewhere = site.signed_in("Bob")
    assert "Link for a lost phone" in alice.get(f"{site.home}/settings/members").text
    target = f"{site.home}/settings/members/{site.member_id('Bob')}/second-factor-link"
    found = re.search(r'value="http://[^/]+(/second-factor/[^"]+)"', alice.send(target).text)
    assert found is not None
    link, bob = found.group(1), site.visitor()
    assert bob.get(link).headers["Referrer-Policy"] == "no-referrer"
    assert bob.send(link, {"password": "not his password"}).status_code == 422
    assert bob.send(link, {"password": PASSWORD}).status_code == 303
    assert bob.get(f"{site.home}/").status_code == 200
    assert bob_elsewhere.get(f"{site.home}/").status_code == 303
    assert site.visitor().get(link).status_code == 404
    # It opens no other door on the way.
    assert site.visitor().get(link.replace("second-factor", "new-password")).status_code == 404


def test_a_link_for_a_lost_phone_ends_after_an_hour(site: Site, clock: MovableClock) -> None:
    alice = site.signed_in("Alice")
    phone_of(site.database, site.person("Bob", "clerk"))
    target = f"{site.home}/settings/members/{site.member_id('Bob')}/second-factor-link"
    found = re.search(r"/second-factor/[\w-]{20,}", alice.send(target).text)
    assert found is not None
    clock.forward(minutes=61)
    assert site.visitor().get(found.group()).status_code == 404


def test_a_workspace_may_ask_its_owners_for_it(site: Site) -> None:
    alice, bob = site.signed_in("Alice"), site.signed_in("Bob", "clerk")
    wish = {"owners_need_second_factor": "1"}
    assert alice.send(f"{site.home}/settings/security", wish).status_code == 303
    for page in ("/", "/settings", "/profile"):
        assert alice.get(f"{site.home}{page}").location == PAGE
    assert alice.send(f"{site.home}/settings/members/invite").location == PAGE
    assert "回头客小店" in alice.get(PAGE).text
    assert bob.get(f"{site.home}/").status_code == 200
    alice.send(PAGE)
    found = re.search(r'value="([A-Z2-7]{32})"', alice.get(PAGE).text)
    assert found is not None
    alice.send(f"{PAGE}/confirm", {"code": Phone(site.database, found.group(1)).code()})
    assert alice.get(f"{site.home}/settings").status_code == 200
    assert alice.send(f"{site.home}/settings/security", {}).status_code == 303


def test_secrets_are_sealed_again_with_a_new_key(site: Site) -> None:
    person = site.person("Alice")
    phone, fresh = phone_of(site.database, person), new_key()
    both, now = seal_for((fresh, SECRET)), site.database.clock()
    second_factors.check(site.database, both, person.id, phone.code(), now=now)
    assert second_factors.seal_again(site.database, both) == 1
    assert second_factors.seal_again(site.database, both) == 0
    second_factors.check(site.database, seal_for((fresh,)), person.id, phone.code(1), now=now)


def test_when_its_key_is_gone_recovery_codes_still_work(site: Site) -> None:
    person = site.person("Alice")
    phone, now = phone_of(site.database, person), site.database.clock()
    other = seal_for((new_key(),))
    with pytest.raises(Invalid):
        second_factors.check(site.database, other, person.id, phone.code(), now=now)
    second_factors.check(site.database, other, person.id, phone.recovery[3], now=now)
