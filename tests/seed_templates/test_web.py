import pytest
from markupsafe import escape

from regulars.platform.accounts.access import system_access
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.definitions.store import publish, save_draft
from regulars.seed_templates import web
from regulars.seed_templates.installed import find_installed, find_sample
from regulars.seed_templates.pack import Pack
from tests.seed_templates.dumping import dump
from tests.seed_templates.retail import retail_pack
from tests.support.site import Site

KEY = "retail_crm"
OWNER = system_access("en")


@pytest.fixture(autouse=True)
def few_people(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shipped pack with a small sample, so that a test is done in a moment."""

    def get_small_pack(key: str) -> Pack:
        assert key == KEY
        return retail_pack()

    monkeypatch.setattr(web, "get_pack", get_small_pack)


def page(site: Site, rest: str = "") -> str:
    return f"{site.home}/packs/{KEY}{rest}"


def test_the_owner_finds_the_shop_on_the_first_page_and_installs_it(site: Site) -> None:
    alice = site.signed_in("Alice")
    assert f"/packs/{KEY}" in alice.get(f"{site.home}/").text
    listed = alice.get(f"{site.home}/packs").text
    assert f"/packs/{KEY}" in listed
    answer = alice.send(page(site, "/install"), {"sample": "1"})
    assert answer.status_code == 303
    with site.database.workspace_tx(site.workspace, write=False) as uow:
        assert find_installed(uow, KEY) is not None
        assert find_sample(uow, KEY) is not None
    assert f"/packs/{KEY}" not in alice.get(f"{site.home}/").text.partition("<main")[2]


def test_the_page_names_every_part_and_what_it_can_do(site: Site) -> None:
    shown = site.signed_in("Alice").get(page(site)).text
    for pack_part in retail_pack().definitions:
        label = pack_part.label
        assert isinstance(label, dict)
        assert str(escape(label["en"])) in shown
    assert "Try it first" in shown
    assert "Calls no other computer" in shown


def test_trying_changes_nothing_and_says_what_would_be(site: Site) -> None:
    alice = site.signed_in("Alice")
    before = dump(site.database, site.workspace)
    part = alice.htmx("POST", page(site, "/preview"), {})
    assert part.status_code == 200
    assert part.text.count("<html") == 0
    assert "Nothing was changed" in part.text
    whole = alice.send(page(site, "/preview"), {"sample": "1"})
    assert whole.status_code == 200
    assert "Nothing was changed" in whole.text
    assert "<html" in whole.text
    with site.database.workspace_tx(site.workspace, write=False) as uow:
        assert snapshot(uow).all("form") == {}
    assert dump(site.database, site.workspace) == before


def test_sample_data_comes_and_goes_in_one_click(site: Site) -> None:
    alice = site.signed_in("Alice")
    alice.send(page(site, "/install"), {})
    assert alice.send(page(site, "/sample"), {}).status_code == 303
    assert "Remove sample data" in alice.get(page(site)).text
    assert alice.send(page(site, "/sample/remove"), {}).status_code == 303
    with site.database.workspace_tx(site.workspace, write=False) as uow:
        assert find_sample(uow, KEY) is None
    assert alice.send(page(site, "/sample/remove"), {}).status_code == 409


def test_a_clash_is_shown_in_place_and_nothing_is_installed(site: Site) -> None:
    from_the_owner = {"kind": "form", "key": "orders", "label": "我的订单", "fields": []}
    with site.database.workspace_tx(site.workspace) as uow:
        save_draft(uow, OWNER, "form", from_the_owner)
        publish(uow, OWNER, [("form", "orders")])
    alice = site.signed_in("Alice")
    answer = alice.send(page(site, "/install"), {})
    assert answer.status_code == 422
    assert "forms/orders.json" in answer.text
    with site.database.workspace_tx(site.workspace, write=False) as uow:
        assert find_installed(uow, KEY) is None


def test_a_manager_does_not_see_packs(site: Site) -> None:
    site.person("Alice")
    bob = site.signed_in("Bob", "manager")
    assert bob.get(f"{site.home}/packs").status_code == 403
    assert bob.send(page(site, "/install"), {}).status_code == 403


def test_the_api_installs_tries_and_takes_samples_out(site: Site) -> None:
    client, headers = site.visitor(), site.token()
    body = {"key": KEY, "sample_data": True}
    tried = client.post("/api/v1/packs/install", json={**body, "dry_run": True}, headers=headers)
    assert tried.json is not None
    assert tried.json["dry_run"] is True
    listed = client.get("/api/v1/packs", headers=headers).json
    assert listed is not None
    assert [(each["key"], each["installed"]) for each in listed["packs"]] == [(KEY, None)]
    done = client.post("/api/v1/packs/install", json=body, headers=headers).json
    assert done is not None
    assert done["sample_records"] == tried.json["sample_records"] > 300
    assert done["changes"] == tried.json["changes"]
    again = client.post("/api/v1/packs/install", json=body, headers=headers).json
    assert again is not None
    assert again["nothing_to_change"] is True
    removed = client.delete(f"/api/v1/packs/{KEY}/sample-data", headers=headers).json
    assert removed is not None
    assert sum(removed["removed"].values()) == done["sample_records"]
    assert client.delete(f"/api/v1/packs/{KEY}/sample-data", headers=headers).status_code == 409
    clerk = site.token("clerk")
    assert client.post("/api/v1/packs/install", json=body, headers=clerk).status_code == 403
