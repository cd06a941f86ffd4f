from typing import Any

import pytest

from tests.support.site import Site

TARGET = "/preferences"
WISH = {"theme": "dark"}


def test_a_form_of_ours_passes(site: Site) -> None:
    site.person("Alice")
    assert site.visitor().send(TARGET, WISH).status_code == 303


def test_the_token_may_come_in_the_header(site: Site) -> None:
    site.person("Alice")
    assert site.visitor().htmx("POST", TARGET, WISH).status_code == 204


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_s21_without_a_token_nothing_is_changed(site: Site, method: str) -> None:
    alice = site.signed_in("Alice")
    answer = alice.open(f"{site.home}/settings", method=method, data={"shop/name": "Mine"})
    assert answer.status_code in (403, 405)
    assert "Mine" not in alice.get(f"{site.home}/settings").text


def test_s21_another_visits_token_is_worth_nothing(site: Site) -> None:
    alice, eve = site.signed_in("Alice"), site.visitor()
    eve.get("/sign-in")
    stolen = alice.post(f"{site.home}/profile", data={"csrf_token": eve.csrf, "name": "Mallory"})
    assert stolen.status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_s21_a_foreign_page_is_refused_even_with_a_token(
    site: Site, headers: dict[str, str]
) -> None:
    alice = site.signed_in("Alice")
    values = {"name": "Mallory", "locale": "en"}
    assert alice.send(f"{site.home}/profile", values, headers=headers).status_code == 403


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://localhost"}, {"Sec-Fetch-Site": "same-origin"}]
)
def test_our_own_page_says_so(site: Site, headers: dict[str, str]) -> None:
    site.person("Alice")
    assert site.visitor().send(TARGET, WISH, headers=headers).status_code == 303


@pytest.mark.parametrize(
    "body",
    [
        {"data": '{"theme": "dark"}', "content_type": "text/plain"},
        {"data": '{"theme": "dark"}', "content_type": "application/json"},
        {"data": b"", "content_type": "multipart/form-data; boundary=x"},
    ],
)
def test_s21_other_kinds_of_body_hold_no_token(site: Site, body: dict[str, Any]) -> None:
    site.person("Alice")
    visitor = site.visitor()
    visitor.get("/sign-in")
    assert visitor.post(TARGET, **body).status_code == 403


def test_the_refusal_says_what_to_do(site: Site) -> None:
    page = site.signed_in("Alice").post(f"{site.home}/profile")
    assert page.status_code == 403
    assert "Please reload it and try again." in page.text
