import logging

import pytest
from flask import abort, request
from sqlalchemy.exc import OperationalError

from regulars.platform.accounts.routing import workspace_api, workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Busy, Conflict, Invalid, NotFound, TooLarge
from regulars.platform.problems import Problem
from regulars.platform.web.permissions import open_to_all
from tests.support.site import Site, words_of

SECRET = "canary 13900001111"


def raise_from(site: Site, error: Exception, path: str = "/boom") -> None:
    @open_to_all
    def boom() -> str:
        raise error

    site.app.add_url_rule(path, "boom", boom, methods=["GET", "POST"])


@pytest.fixture(autouse=True)
def somebody(site: Site) -> None:
    site.person("Alice")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotFound(), 404),
        (Conflict(), 409),
        (TooLarge(), 413),
        (Busy(), 503),
        (Invalid([Problem("name", "required")]), 422),
    ],
)
def test_every_refusal_has_its_status_and_words(site: Site, error: Exception, status: int) -> None:
    raise_from(site, error)
    page = site.visitor().get("/boom")
    assert page.status_code == status
    assert str(status) in words_of(page.text)


@pytest.mark.parametrize("status", [400, 403, 404, 405, 413, 415, 429, 503])
@pytest.mark.parametrize("locale", ["en", "zh-Hans", "zh-Hant"])
def test_http_errors_speak_the_readers_language(site: Site, status: int, locale: str) -> None:
    @open_to_all
    def refuse() -> str:
        abort(status)

    site.app.add_url_rule("/boom", "boom", refuse)
    visitor = site.visitor()
    visitor.set_cookie("regulars_locale", locale)
    page = visitor.get("/boom")
    assert page.status_code == status
    assert f'lang="{locale}"' in page.text
    chinese = any("\u4e00" <= sign <= "\u9fff" for sign in "".join(words_of(page.text)[:1]))
    assert chinese == locale.startswith("zh")


def test_problems_are_listed(site: Site) -> None:
    raise_from(site, Invalid([Problem("name", "required"), Problem("email", "bad-email")]))
    words = words_of(site.visitor().get("/boom").text)
    assert "Please fill this in." in words
    assert "That is not an e-mail address." in words


def test_a_mistake_of_ours_shows_a_number_and_no_traceback(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    raise_from(site, RuntimeError(SECRET))
    with caplog.at_level(logging.ERROR):
        page = site.visitor().get("/boom")
    assert page.status_code == 500
    assert SECRET not in page.text
    assert "Traceback" not in page.text
    number = caplog.records[0].getMessage().rpartition(" ")[2]
    assert any(number in words for words in words_of(page.text))
    assert SECRET in caplog.text  # the log has the story


def test_a_locked_store_is_busy_not_broken(site: Site) -> None:
    raise_from(site, OperationalError("SELECT 1", {}, Exception("database is locked")))
    page = site.visitor().get("/boom")
    assert (page.status_code, page.headers["Retry-After"]) == (503, "2")


def test_a_wrong_statement_is_our_mistake(site: Site) -> None:
    raise_from(site, OperationalError("SELECT x", {}, Exception("no such column: x")))
    assert site.visitor().get("/boom").status_code == 500


def test_htmx_gets_the_words_as_a_toast(site: Site) -> None:
    raise_from(site, NotFound())
    answer = site.visitor().htmx("GET", "/boom")
    assert answer.status_code == 404
    assert answer.headers["HX-Retarget"] == "#toasts"
    assert "<html" not in answer.text


def test_programs_get_problem_json_with_every_place(site: Site) -> None:
    @workspace_api("read_records")
    def refuse(uow: UnitOfWork, access: object) -> str:
        raise Invalid([Problem("name", "required")])

    site.app.add_url_rule("/api/v1/refuse", "refuse", refuse)
    answer = site.visitor().get(
        "/api/v1/refuse", headers={**site.token(), "Accept-Language": "en"}
    )
    assert answer.mimetype == "application/problem+json"
    assert answer.json == {
        "type": "about:blank",
        "status": 422,
        "code": "invalid",
        "title": "One thing needs correcting.",
        "problems": [{"path": "name", "code": "required", "message": "Please fill this in."}],
    }


def test_programs_get_their_errors_in_the_language_they_ask_for(site: Site) -> None:
    answer = site.visitor().get("/api/v1/nothing", headers={"Accept-Language": "zh-CN,zh;q=0.9"})
    assert answer.status_code == 404
    assert answer.json is not None
    assert answer.json["title"] == "这个网址没有页面，可能已经移动或删除。"


def test_a_wrong_method_names_the_right_ones(site: Site) -> None:
    answer = site.visitor().get("/preferences")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


def test_a_body_beyond_two_megabytes_is_refused(site: Site) -> None:
    visitor = site.visitor()
    answer = visitor.send("/preferences", {"theme": "x" * (3 * 1024 * 1024)})
    assert answer.status_code == 413


def test_s29_thousands_of_fields_are_refused(site: Site) -> None:
    visitor = site.visitor()
    fields = {f"field{n}": "x" for n in range(3000)}
    assert visitor.send("/preferences", fields).status_code == 413


def test_an_upload_page_takes_more_than_others(site: Site) -> None:
    @workspace_page("import_records", max_body=4 * 1024 * 1024)
    def upload(uow: UnitOfWork, access: object) -> str:
        return str(len(request.files["file"].read()))

    site.app.add_url_rule("/w/<workspace>/upload", "upload", upload, methods=["POST"])
    alice = site.signed_in("Alice")
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    alice.get(f"{site.home}/")
    headers = {"X-CSRF-Token": alice.csrf}
    for size, status in ((3, 200), (5, 413)):
        body = head + b"x" * (size * 1024 * 1024) + b"\r\n--x--\r\n"
        sent = alice.post(
            f"{site.home}/upload",
            data=body,
            content_type="multipart/form-data; boundary=x",
            headers=headers,
        )
        assert sent.status_code == status
