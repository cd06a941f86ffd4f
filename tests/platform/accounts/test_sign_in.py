import pytest

from regulars.platform.accounts import signing
from regulars.platform.accounts.tables import session, user
from tests.support.clocks import MovableClock
from tests.support.site import PASSWORD, Site


def values(email: str = "alice@shop.example", password: str = PASSWORD) -> dict[str, str]:
    return {"email": email, "password": password}


def test_the_right_password_opens_the_workspace(site: Site) -> None:
    site.person("Alice")
    visitor = site.visitor()
    assert visitor.send("/sign-in", values()).location == "/"
    assert visitor.get(f"{site.home}/").status_code == 200


def test_addresses_are_compared_without_case(site: Site) -> None:
    site.person("Alice")
    assert site.visitor().send("/sign-in", values(" ALICE@Shop.example ")).status_code == 303


def test_signing_out_ends_the_session_on_the_server(site: Site) -> None:
    visitor = site.signed_in()
    cookie = visitor.get_cookie("regulars")
    assert cookie is not None
    visitor.get(f"{site.home}/")
    assert visitor.send("/sign-out").location == "/sign-in"
    thief = site.visitor()
    thief.set_cookie("regulars", cookie.value)
    assert thief.get(f"{site.home}/").status_code == 303


def test_only_a_fingerprint_of_the_cookie_is_stored(site: Site) -> None:
    visitor = site.signed_in()
    cookie = visitor.get_cookie("regulars")
    assert cookie is not None
    with site.database.main_tx(write=False) as connection:
        stored = connection.execute(session.select()).one()
    assert cookie.value not in str(stored)


def test_sessions_end_after_thirty_idle_days(site: Site, clock: MovableClock) -> None:
    visitor = site.signed_in()
    clock.forward(days=29)
    assert visitor.get(f"{site.home}/").status_code == 200
    clock.forward(days=29)  # the visit in between counted
    assert visitor.get(f"{site.home}/").status_code == 200
    clock.forward(days=31)
    assert visitor.get(f"{site.home}/").status_code == 303


def test_a_success_forgets_the_tries_before_it(site: Site) -> None:
    site.person("Alice")
    visitor = site.visitor()
    for _ in range(3):
        for _ in range(signing.PER_ACCOUNT.tries - 1):
            assert visitor.send("/sign-in", values(password="wrong")).status_code == 422
        assert visitor.send("/sign-in", values()).status_code == 303


def test_a_page_asked_for_before_signing_in_comes_after_it(site: Site) -> None:
    site.person("Alice")
    visitor = site.visitor()
    asked = visitor.get(f"{site.home}/settings/members?q=x")
    assert asked.location == f"/sign-in?next={site.home}/settings/members?q%3Dx"
    visitor.get(asked.location)
    done = visitor.send("/sign-in", {**values(), "next": f"{site.home}/settings/members?q=x"})
    assert done.location == f"{site.home}/settings/members?q=x"


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example/",
        "https:evil.example",
        "/%09/evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "/w/shop/../../evil",
        "/sign-out",
        "/nowhere",
        "",
    ],
)
def test_s22_next_leads_to_our_own_pages_only(site: Site, target: str) -> None:
    site.person("Alice")
    done = site.visitor().send("/sign-in", {**values(), "next": target})
    assert done.location == "/"


def test_s15_a_user_switched_off_is_out_at_the_next_request(site: Site) -> None:
    visitor = site.signed_in("Alice")
    with site.database.main_tx() as connection:
        connection.execute(user.update().values(active=False))
    assert visitor.get(f"{site.home}/").status_code == 303
    assert site.visitor().send("/sign-in", values()).status_code == 422


def test_htmx_is_told_to_load_the_sign_in_page(site: Site) -> None:
    site.person("Alice")
    answer = site.visitor().htmx("GET", f"{site.home}/settings/members")
    assert answer.headers["HX-Redirect"] == "/sign-in"
