from regulars.platform.accounts import setup, units
from regulars.platform.accounts.access import system_access
from regulars.platform.accounts.units import UnitValues
from regulars.platform.db import Workspace
from tests.support.site import Site, words_of


def test_an_owner_is_led_through_what_is_still_to_do(site: Site) -> None:
    alice = site.signed_in("Alice")
    before = words_of(alice.get(f"{site.home}/").text)
    assert {"Add your stores", "Invite your team", "Check the settings"} <= set(before)
    with site.database.workspace_tx(site.workspace) as uow:
        units.create_unit(uow, system_access("en"), UnitValues("A", "A"))
    site.person("Bob", "clerk")
    after = words_of(alice.get(f"{site.home}/").text)
    assert not {"Add your stores", "Invite your team", "Check the settings"} & set(after)


def test_clerks_are_not_bothered_with_settings(site: Site) -> None:
    words = words_of(site.signed_in("Bob", "clerk").get(f"{site.home}/").text)
    assert "Hello, Bob" in words
    assert "Add your stores" not in words


def test_the_first_page_is_that_of_the_shop_one_was_in_last(site: Site) -> None:
    alice = site.signed_in("Alice")
    second = Workspace(0, "second", "Second Shop")
    setup.open_shop(site.database, site.people["Alice"], second, now=site.database.clock())
    assert alice.get("/").location == "/w/shop/"
    alice.get("/w/second/")
    assert alice.get("/").location == "/w/second/"


def test_a_shop_one_may_not_enter_is_not_remembered(site: Site) -> None:
    alice = site.signed_in("Alice")
    alice.set_cookie("regulars_place", "//evil.example")
    assert alice.get("/").location == "/w/shop/"
