"""One place tells an owner who came in, who did not, and what left the house."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from regulars.platform.accounts import security_log, signing, trail
from regulars.platform.accounts.access import system_access
from regulars.platform.accounts.audit import note
from regulars.platform.accounts.tables import security_entry
from regulars.platform.errors import Invalid
from tests.security.shop_of_two import open_shop, role
from tests.support.clocks import MovableClock
from tests.support.site import PASSWORD, Site

EMAIL = "olga@shop.example"
OWNER = system_access("en")


def come(
    site: Site, password: str = PASSWORD, address: str = "10.1.1.1", email: str = EMAIL
) -> Any:
    sent = {"email": email, "password": password}
    return site.visitor().send("/sign-in", sent, environ_base={"REMOTE_ADDR": address})


def told(site: Site) -> list[dict[str, Any]]:
    answer = site.visitor().get("/api/v1/audit", headers=site.token("owner"))
    found: list[dict[str, Any]] = answer.get_json()["audit"]
    return found


def test_every_way_in_is_told_and_no_secret(site: Site) -> None:
    site.person("Olga")
    come(site, "a wrong password 17")
    come(site, "another wrong one", email="stranger@else.example")
    come(site)
    browser = site.signed_in("Olga")
    sent = {"current": PASSWORD, "password": "seven loud green tractors"}
    browser.send(f"{site.home}/profile/password", sent)
    lines = told(site)
    assert [(each["action"], each["actor_name"]) for each in lines if each["id"][0] == "m"] == [
        ("password-changed", "Olga"), ("signed-in", "Olga"), ("signed-in", "Olga"),
        ("sign-in-refused", "Olga"),
    ]  # fmt: skip
    assert lines[-1]["address"] in ("10.1.1.1", "")
    with site.database.main_tx(write=False) as connection:
        kept = str(connection.execute(select(security_entry)).all())
    assert not [word for word in ("wrong", "stranger", "tractors") if word in kept]


def test_what_leaves_the_house_is_told(site: Site) -> None:
    attack = open_shop(site, role())
    owner = site.token("owner")
    client, browser = site.visitor(), site.signed_in("Olga")
    for path in ("/forms/customers/export", f"/people/customers/{attack.customer}/export?as=json"):
        assert client.get(f"/api/v1{path}", headers=owner).status_code == 200
    assert browser.get(f"{site.home}/forms/orders/export").status_code == 200
    assert [(each["action"], each["target"]) for each in told(site)[:3]] == [
        ("exported", "orders"), ("person-exported", f"customers #{attack.customer}"),
        ("exported", "customers"),
    ]  # fmt: skip
    page = browser.get(f"{site.home}/settings/log").text
    assert "Exported records" in page
    assert "Signed in" in page


def test_the_log_is_read_page_by_page(
    site: Site, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    olga = site.person("Olga")
    monkeypatch.setattr(security_log, "PAGE", 3)
    for number in range(4):
        with site.database.main_tx() as connection:
            trail.note(connection, "signed-in", olga.id, now=clock())
        with site.database.workspace_tx(site.workspace) as uow:
            note(uow, OWNER, "exported", f"form {number}")
        clock.forward(minutes=1)
    read: list[str] = []
    below = None
    with site.database.workspace_tx(site.workspace, write=False) as uow:
        while True:
            page, below = security_log.list_log(uow, OWNER, below=below)
            read += [each.id for each in page]
            if below is None:
                break
        with pytest.raises(Invalid):
            security_log.list_log(uow, OWNER, below="1; drop")
    assert len(read) == len(set(read)) == 9


def test_guesses_from_elsewhere_do_not_keep_somebody_out(site: Site, clock: MovableClock) -> None:
    site.person("Olga")
    assert come(site, address="10.0.0.1").status_code == 303
    for number in range(signing.PER_ACCOUNT.tries + 2):
        come(site, "guess", address=f"10.9.9.{number}")
    assert come(site, address="10.7.7.7").status_code == 429
    assert come(site, address="10.0.0.1").status_code == 303
    guesses = [come(site, "guess", address="10.0.0.1").status_code for _ in range(11)]
    assert guesses[-1] == 429
    held = [each for each in told(site) if each["action"] == "sign-in-held"]
    assert len(held) <= 4


def test_other_workspaces_and_lesser_roles_read_nothing(site: Site) -> None:
    site.person("Olga")
    site.person("Elsewhere", None)
    come(site, email="elsewhere@shop.example")
    assert "Elsewhere" not in json.dumps(told(site))
    manager = site.visitor().get("/api/v1/audit", headers=site.token("manager"))
    assert manager.status_code == 403


def test_a_backup_is_downloaded_after_the_password(site: Site, clock: MovableClock) -> None:
    browser = site.signed_in("Olga")
    clock.forward(minutes=11)
    path = f"{site.home}/settings/backups/1/file"
    asked = browser.get(path)
    assert asked.status_code == 303
    assert "/account/confirm" in asked.headers["Location"]
    page = browser.get(asked.headers["Location"])
    assert page.status_code == 200
    sent = {"next": path, "confirm_password": PASSWORD}
    back = browser.send("/account/confirm", sent)
    assert back.headers["Location"].endswith(path)
    assert browser.get(path).status_code == 404  # no such backup; but the door is open
