from regulars.platform.accounts import members, signing
from regulars.platform.accounts.tables import user
from tests.support.site import PASSWORD, Site

NEW = "six loud green tractors"


def test_name_and_language_change_everywhere_at_once(site: Site) -> None:
    alice = site.signed_in("Alice")
    page = f"{site.home}/profile"
    done = alice.send(page, {"name": "王小美", "locale": "zh-Hans", "theme": "dark"})
    assert done.status_code == 303
    shown = alice.get(page).text
    assert 'lang="zh-Hans"' in shown
    assert 'data-bs-theme="dark"' in shown
    with site.database.workspace_tx(site.workspace) as uow:
        member = members.find_member_of(uow, site.people["Alice"].id)
    assert member is not None
    assert (member.name, member.locale) == ("王小美", "zh-Hans")


def test_a_nameless_profile_is_refused_in_place(site: Site) -> None:
    refused = site.signed_in("Alice").send(f"{site.home}/profile", {"name": " ", "locale": "en"})
    assert refused.status_code == 422
    assert 'id="field-name-error"' in refused.text


def test_a_new_password_ends_every_other_session(site: Site) -> None:
    here, elsewhere = site.signed_in("Alice"), site.signed_in("Alice")
    page = f"{site.home}/profile/password"
    assert here.send(page, {"current": PASSWORD, "password": NEW}).status_code == 303
    assert here.get(f"{site.home}/").status_code == 200
    assert elsewhere.get(f"{site.home}/").status_code == 303
    again = {"email": "alice@shop.example", "password": NEW}
    assert site.visitor().send("/sign-in", again).status_code == 303


def test_the_current_password_is_asked_for(site: Site) -> None:
    refused = site.signed_in("Alice").send(
        f"{site.home}/profile/password", {"current": "wrong", "password": NEW}
    )
    assert refused.status_code == 422
    assert "That is not your current password." in refused.text


def test_guessing_the_current_password_is_limited(site: Site) -> None:
    alice, page = site.signed_in("Alice"), f"{site.home}/profile/password"
    values = {"current": "wrong", "password": NEW}
    answers = [alice.send(page, values).status_code for _ in range(signing.PER_ACCOUNT.tries + 1)]
    assert answers[-1] == 429


def test_the_workspace_settings_are_the_owners(site: Site) -> None:
    page = f"{site.home}/settings"
    wish = {
        "shop/name": "山边茶馆",
        "shop/zone": "Europe/London",
        "shop/currency": "GBP",
        "week_start": "6",
        "locale": "en",
    }
    alice = site.signed_in("Alice")
    assert alice.send(page, wish).status_code == 303
    shown = alice.get(page).text
    assert "山边茶馆" in shown
    assert '<option value="GBP" selected>' in shown
    wrong = alice.send(page, {**wish, "shop/name": "", "shop/currency": "gold", "locale": "xx"})
    assert wrong.status_code == 422
    assert 'id="field-shop-name-error"' in wrong.text
    assert site.signed_in("Max", "manager").get(page).status_code == 403


def test_an_administrator_opens_a_further_workspace(site: Site) -> None:
    site.person("Alice")
    with site.database.main_tx() as connection:
        connection.execute(user.update().values(admin=True))
    alice = site.signed_in("Alice")
    values = {"shop/name": "Second Shop", "shop/zone": "UTC", "shop/currency": "EUR",
              "week_start": "0"}  # fmt: skip
    assert alice.send("/workspaces/new", values).location == "/w/second-shop/"
    assert alice.get("/w/second-shop/").status_code == 200
    assert alice.send("/workspaces/new", values).location == "/w/second-shop-2/"
    assert alice.send("/workspaces/new", {**values, "shop/zone": "Mars"}).status_code == 422


def test_others_are_told_whom_to_ask(site: Site) -> None:
    site.person("Charlie", None)
    charlie = site.signed_in("Charlie")
    assert "Ask the owner of the shop" in charlie.get("/workspaces/new").text
    assert charlie.send("/workspaces/new", {"shop/name": "Mine"}).status_code == 403
