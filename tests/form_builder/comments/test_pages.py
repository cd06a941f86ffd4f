"""Comments on a record's page, and by the API."""

from tests.form_builder.web.conftest import Shop, clerk, owner, shop
from tests.support.site import Visitor, words_of

__all__ = ["clerk", "owner", "shop"]


def test_a_page_shows_what_was_written_and_keeps_what_was_refused(
    shop: Shop, owner: Visitor, clerk: Visitor
) -> None:
    who = shop.make("customers", name="Ann")
    home = f"/w/shop/forms/customers/records/{who.id}/comments"
    assert home in owner.get(home.removesuffix("/comments")).text
    assert owner.send(home, {"text": "<b>Tea</b> for @Bob"}).status_code == 303
    page = clerk.get(home).text
    assert "&lt;b&gt;Tea&lt;/b&gt;" in page
    assert '<b class="mention">@Bob</b>' in page
    assert "Remove" not in words_of(page)
    assert "asks you to look at" in clerk.get("/w/shop/tasks").text
    refused = owner.send(home, {"text": " "})
    assert refused.status_code == 422
    written = owner.htmx("POST", home, {"text": "Second"})
    assert (written.status_code, written.text.count('class="comment"')) == (200, 2)
    long = "x" * 4001
    assert long in owner.send(home, {"text": long}).text


def test_the_api_writes_reads_changes_and_removes(shop: Shop) -> None:
    who = shop.make("customers", name="Ann")
    key, client = shop.site.token("owner"), shop.site.app.test_client()
    home = f"/api/v1/forms/customers/records/{who.id}/comments"
    made = client.post(home, json={"text": "One"}, headers=key)
    assert made.status_code == 201
    one = f"/api/v1/forms/customers/comments/{made.get_json()['id']}"
    assert client.put(one, json={"text": "Two"}, headers=key).get_json()["text"] == "Two"
    told = client.get(home, headers=key).get_json()["comments"]
    assert [each["text"] for each in told] == ["Two"]
    assert client.get(f"{home}?before={told[0]['id']}", headers=key).get_json()["comments"] == []
    assert client.delete(one, headers=key).status_code == 204
    assert client.put(one, json={"text": "Two"}, headers=key).status_code == 404
    assert client.post(home, json={"words": "x"}, headers=key).status_code == 422
