"""Every page of the shell in every language and theme: no leaked key, no inline code."""

import re

import pytest

from regulars.platform.accounts.access import system_access
from regulars.platform.accounts.units import UnitValues, create_unit
from regulars.platform.i18n import LOCALES, catalog
from tests.support.site import Site, Visitor, words_of

PAGES = (
    "/",
    "/profile",
    "/settings",
    "/settings/members",
    "/settings/members/invite",
    "/settings/members/1",
    "/settings/units",
    "/settings/units/new",
    "/settings/units/1",
    "/settings/tokens",
)
_KEY = re.compile(r"^[a-z]+(\.[a-z0-9-]+)+$")


@pytest.fixture
def alice(site: Site) -> Visitor:
    with site.database.workspace_tx(site.workspace) as uow:
        create_unit(uow, system_access("en"), UnitValues("SH01", "Nanjing Road"))
    visitor = site.signed_in("Alice")
    visitor.send(f"{site.home}/settings/members/invite",
                 {"name": "Eve", "email": "eve@shop.example", "role": "clerk"})  # fmt: skip
    visitor.send(f"{site.home}/settings/tokens", {"name": "Till", "role": "clerk"})
    return visitor


def speak(visitor: Visitor, locale: str) -> None:
    visitor.send("/preferences", {"locale": locale})


@pytest.mark.one_database
@pytest.mark.parametrize("locale", LOCALES)
def test_pages_are_wholly_in_the_readers_language(site: Site, alice: Visitor, locale: str) -> None:
    speak(alice, locale)
    for path in PAGES:
        page = alice.get(f"{site.home}{path}")
        assert page.status_code == 200, path
        assert f'lang="{locale}"' in page.text
        leaked = [words for words in words_of(page.text) if _KEY.match(words)]
        assert [words for words in leaked if words not in ("shop.example",)] == [], path


@pytest.mark.one_database
def test_chinese_pages_hold_no_english_words(site: Site, alice: Visitor) -> None:
    speak(alice, "zh-Hans")
    english = {
        words for key, words in catalog("en").items() if key.startswith(("common.", "accounts."))
    }
    allowed = {"English", "简体中文", "繁體中文"}  # each language is named in its own words
    for path in PAGES:
        shown = set(words_of(alice.get(f"{site.home}{path}").text))
        assert (shown & english) - allowed == set(), path


@pytest.mark.one_database
def test_no_page_holds_inline_code_or_style(site: Site, alice: Visitor) -> None:
    for path in PAGES:
        html = alice.get(f"{site.home}{path}").text
        assert " style=" not in html, path
        assert not re.search(r"\son[a-z]+=", html), path
        assert not re.search(r"<script(?![^>]*\ssrc=)", html), path


@pytest.mark.one_database
def test_names_with_markup_stay_text(site: Site) -> None:
    nasty = "<img src=x onerror=alert(1)>"
    alice = site.signed_in("Alice")
    alice.send(f"{site.home}/settings/units/new", {"name": nasty, "code": "X"})
    alice.send(f"{site.home}/profile", {"name": nasty, "locale": "en"})
    for path in ("/", "/profile", "/settings/units", "/settings/units/1", "/settings/members"):
        html = alice.get(f"{site.home}{path}").text
        assert "<img src=x" not in html, path
        assert "&lt;img src=x" in html, path


@pytest.mark.one_database
@pytest.mark.parametrize("theme", ["light", "dark", "auto"])
def test_the_theme_is_in_the_first_byte(site: Site, theme: str) -> None:
    site.person("Alice")
    visitor = site.visitor()
    visitor.send("/preferences", {"theme": theme})
    assert f'data-bs-theme="{theme}"' in visitor.get("/sign-in").text


@pytest.mark.one_database
def test_unknown_preferences_change_nothing(site: Site) -> None:
    site.person("Alice")
    visitor = site.visitor()
    done = visitor.send("/preferences", {"theme": "pink", "locale": "xx"})
    assert done.status_code == 303
    assert 'data-bs-theme="auto"' in visitor.get("/sign-in").text


@pytest.mark.one_database
def test_a_choice_of_language_comes_back_to_the_same_page(site: Site, alice: Visitor) -> None:
    here = f"http://localhost{site.home}/settings/units"
    done = alice.send("/preferences", {"locale": "zh-Hant"}, headers={"Referer": here})
    assert done.location == f"{site.home}/settings/units"


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("asked", "locale"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans"),
        ("zh-TW,zh;q=0.9", "zh-Hant"),
        ("zh-Hant-HK", "zh-Hant"),
        ("en-US,en;q=0.9", "en"),
        ("de-DE,de;q=0.9,en;q=0.5", "en"),
        ("", "en"),
    ],
)
def test_the_browser_chooses_the_first_language(site: Site, asked: str, locale: str) -> None:
    site.person("Alice")
    page = site.visitor().get("/sign-in", headers={"Accept-Language": asked})
    assert f'lang="{locale}"' in page.text
