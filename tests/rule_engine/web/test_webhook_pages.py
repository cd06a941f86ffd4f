"""The page and API of programs, as an owner and others meet them."""

from regulars.rule_engine.tables import webhook
from tests.support.site import Site, words_of


def kept(site: Site) -> list[str]:
    with site.database.workspace_tx(site.workspace, write=False) as uow:
        return [row.url for row in uow.execute(webhook.select())]


def test_a_program_is_added_with_a_secret_that_is_shown_once(site: Site) -> None:
    owner = site.signed_in()
    wrong = owner.send("/w/shop/webhooks", {"name": "Till", "url": "ftp://x"})
    assert wrong.status_code == 422
    made = owner.send("/w/shop/webhooks", {"name": "Till", "url": "https://till.example/in"})
    assert made.status_code == 200
    assert "whsec_" in made.text
    assert kept(site) == ["https://till.example/in"]
    again = owner.get("/w/shop/webhooks").text
    assert "Till" in words_of(again)
    assert "whsec_" not in again
    owner.send("/w/shop/webhooks/till/remove")
    assert kept(site) == []


def test_an_address_of_our_own_network_is_not_called_for_a_try(site: Site) -> None:
    owner = site.signed_in()
    owner.send("/w/shop/webhooks", {"name": "Till", "url": "http://127.0.0.1/in"})
    tried = owner.send("/w/shop/webhooks/till/try", follow_redirects=True)
    assert any("did not take the call" in text for text in words_of(tried.text))


def test_only_who_connects_programs_may(site: Site) -> None:
    manager = site.signed_in("Mia", "manager")
    assert manager.get("/w/shop/webhooks").status_code == 403
    assert manager.send("/w/shop/webhooks", {"name": "x", "url": "https://x"}).status_code == 403


def test_the_api_tells_the_secret_only_when_it_is_made(site: Site) -> None:
    client, headers = site.app.test_client(), site.token()
    wish = {"key": "till", "url": "https://till.example/in"}
    made = client.post("/api/v1/webhooks", json=wish, headers=headers)
    assert made.status_code == 201
    assert made.get_json()["secret"].startswith("whsec_")
    assert client.post("/api/v1/webhooks", json=wish, headers=headers).status_code == 409
    (listed,) = client.get("/api/v1/webhooks", headers=headers).get_json()["webhooks"]
    assert listed["url"] == wish["url"]
    assert "secret" not in listed
    assert client.delete("/api/v1/webhooks/till", headers=headers).status_code == 204
    assert client.delete("/api/v1/webhooks/till", headers=headers).status_code == 404
