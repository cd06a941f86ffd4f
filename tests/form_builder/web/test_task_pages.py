"""The inbox, as a clerk and a manager meet it."""

from regulars.platform.accounts.access import system_access
from regulars.platform.tasks.service import NewTask, create_task
from tests.form_builder.web.conftest import Shop
from tests.support.site import Site, Visitor, words_of

SYSTEM = system_access("en")


def put(shop: Shop, **wish: object) -> None:
    with shop.site.database.workspace_tx(shop.site.workspace) as uow:
        create_task(uow, SYSTEM, NewTask(**wish))  # type: ignore[arg-type]


def test_an_empty_inbox_says_so(owner: Visitor) -> None:
    said = words_of(owner.get("/w/shop/tasks").text)
    assert "Nothing to do" in said


def test_a_task_is_added_and_finished(shop: Shop, owner: Visitor) -> None:
    refused = owner.send("/w/shop/tasks", {"title": " ", "due": "tomorrow"})
    assert refused.status_code == 422
    owner.send("/w/shop/tasks", {"title": "Order new cups", "due": "2026-12-01"})
    page = owner.get("/w/shop/tasks").text
    assert "Order new cups" in page
    task_id = page.split("/w/shop/tasks/", 1)[1].split("/finish", 1)[0]
    done = owner.send(f"/w/shop/tasks/{task_id}/finish", follow_redirects=True)
    assert "“Order new cups”: noted." in words_of(done.text)
    assert "Order new cups" in owner.get("/w/shop/tasks?tab=done").text
    again = owner.send(f"/w/shop/tasks/{task_id}/finish")
    assert again.status_code == 409


def test_a_task_about_a_person_leads_there_and_stands_in_the_timeline(
    shop: Shop, owner: Visitor
) -> None:
    ann = shop.make("customers", name="Ann")
    put(shop, title="Call Ann", form="customers", record=ann.id, kind="approval")
    page = owner.get("/w/shop/tasks").text
    assert f"/w/shop/forms/customers/records/{ann.id}" in page
    assert {"Approve", "Reject"} <= set(words_of(page))
    timeline = owner.get(f"/w/shop/forms/customers/records/{ann.id}").text
    assert "Call Ann" in timeline


def test_a_clerk_neither_sees_nor_ends_what_is_for_the_manager(
    shop: Shop, owner: Visitor, clerk: Visitor
) -> None:
    put(shop, title="Count the till", role="manager")
    put(shop, title="Water the plants", role="clerk")
    page = clerk.get("/w/shop/tasks?tab=all").text
    assert "Water the plants" in page
    assert "Count the till" not in page
    both = owner.get("/w/shop/tasks?tab=all").text
    assert "Count the till" in both
    hidden = both.split("Count the till", 1)[1].split("/w/shop/tasks/", 1)[1].split("/", 1)[0]
    assert clerk.send(f"/w/shop/tasks/{hidden}/finish").status_code == 404


def test_programs_list_add_and_finish_tasks(site: Site) -> None:
    client, headers = site.app.test_client(), site.token()
    made = client.post("/api/v1/tasks", json={"title": "Call the printer"}, headers=headers)
    assert made.status_code == 201
    listed = client.get("/api/v1/tasks", headers=headers).get_json()["tasks"]
    assert [each["title"] for each in listed] == ["Call the printer"]
    path = f"/api/v1/tasks/{listed[0]['id']}/finish"
    done = client.post(path, json={"note": "paper is in"}, headers=headers)
    assert (done.get_json()["outcome"], done.get_json()["note"]) == ("done", "paper is in")
    assert client.post(path, headers=headers).status_code == 409
    wrong = client.post("/api/v1/tasks", json={"titel": "x"}, headers=headers)
    assert wrong.status_code == 422


def test_a_task_for_somebody_who_is_not_there_is_refused(
    shop: Shop, site: Site, owner: Visitor
) -> None:
    client, headers = site.app.test_client(), site.token()
    wish = {"title": "x", "member": 999, "role": "nobody", "unit": 999, "record": 1}
    refused = client.post("/api/v1/tasks", json=wish, headers=headers)
    assert refused.status_code == 422
    assert {(each["path"], each["code"]) for each in refused.get_json()["problems"]} == {
        ("member", "no-such-colleague"), ("role", "no-such-role"), ("unit", "no-such-store"),
        ("form", "required"),
    }  # fmt: skip
    gone = {"title": "x", "form": "customers", "record": 999}
    assert client.post("/api/v1/tasks", json=gone, headers=headers).status_code == 404
    page = owner.send("/w/shop/tasks", {"title": "x", "who": "999"})
    assert page.status_code == 422
    assert "This person is not in the team." in words_of(page.text)
    assert client.get("/api/v1/tasks", headers=headers).get_json()["tasks"] == []
