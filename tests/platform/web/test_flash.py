import json

import pytest
from flask import Response, url_for
from flask.typing import ResponseReturnValue

from regulars.platform.web.flash import COOKIE, flash
from regulars.platform.web.htmx import go_to, vary_on_htmx, wants_partial, with_event
from regulars.platform.web.permissions import open_to_all
from tests.support.site import Site, words_of

pytestmark = pytest.mark.one_database


@pytest.fixture(autouse=True)
def pages(site: Site) -> None:
    site.person("Alice")

    @open_to_all
    def done() -> ResponseReturnValue:
        flash("common.saved")
        return go_to(url_for("accounts.sign_in"))

    @open_to_all
    def fragment() -> ResponseReturnValue:
        flash("common.saved", "info")
        return with_event(Response("<p id='x'>x</p>"), "things-changed")

    @open_to_all
    def both() -> ResponseReturnValue:
        return vary_on_htmx(Response("fragment" if wants_partial() else "page"))

    for view in (done, fragment, both):
        site.app.add_url_rule(f"/{view.__name__}", view.__name__, view, methods=["GET", "POST"])


def test_words_are_shown_on_the_next_page_and_only_there(site: Site) -> None:
    visitor = site.visitor()
    visitor.get("/done")
    assert "Saved." in words_of(visitor.get("/sign-in").text)
    assert "Saved." not in words_of(visitor.get("/sign-in").text)


def test_a_forged_cookie_says_nothing(site: Site) -> None:
    visitor = site.visitor()
    visitor.set_cookie(COOKIE, "W3sidGV4dCI6ICJldmlsIn1d.forged")
    page = visitor.get("/sign-in")
    assert page.status_code == 200
    assert "evil" not in page.text


def test_htmx_is_told_to_go_there_and_the_words_wait(site: Site) -> None:
    visitor = site.visitor()
    answer = visitor.htmx("POST", "/done")
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/sign-in")
    assert "Saved." in words_of(visitor.get("/sign-in").text)


def test_a_fragment_brings_its_words_along(site: Site) -> None:
    answer = site.visitor().htmx("GET", "/fragment")
    events = json.loads(answer.headers["HX-Trigger"])
    assert events["regulars:toast"] == {"toasts": [{"tone": "info", "text": "Saved."}]}
    assert "things-changed" in events


def test_words_in_chinese_travel_in_a_header(site: Site) -> None:
    visitor = site.visitor()
    visitor.set_cookie("regulars_locale", "zh-Hans")
    answer = visitor.htmx("GET", "/fragment")
    assert answer.headers["HX-Trigger"].isascii()
    (toast,) = json.loads(answer.headers["HX-Trigger"])["regulars:toast"]["toasts"]
    assert toast["text"] == "已保存。"


def test_lists_answer_htmx_with_the_fragment_only(site: Site) -> None:
    visitor = site.visitor()
    whole, part = visitor.get("/both"), visitor.htmx("GET", "/both")
    assert (whole.text, part.text) == ("page", "fragment")
    assert "HX-Request" in whole.headers["Vary"]
