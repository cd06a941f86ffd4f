from pathlib import Path

import pytest
from flask import request
from werkzeug.test import TestResponse

from regulars import wiring
from regulars.app import create_app
from regulars.platform.config import BadConfig, Config
from regulars.platform.db import Database
from regulars.platform.web.headers import public_url
from regulars.platform.web.permissions import open_to_all
from tests.support.site import SECRET, Site, Visitor


def secure_visitor(database: Database, tmp_path: Path, **settings: object) -> Visitor:
    wiring.wire()
    config = Config(data_dir=tmp_path, secret_key=SECRET, **settings)  # type: ignore[arg-type]
    app = create_app(config, database)
    app.test_client_class = Visitor
    client = app.test_client()
    assert isinstance(client, Visitor)
    return client


def sealed(answer: TestResponse) -> None:
    """What every answer of ours carries, whatever it says."""
    headers = answer.headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] in ("same-origin", "no-referrer")
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["X-Request-Id"]
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/sign-in", 200),
        ("GET", "/nothing", 404),
        ("GET", "/healthz", 200),
        ("GET", "/metrics", 200),
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/v1/forms", 401),
        ("GET", "/w/shop/", 303),
        ("POST", "/sign-in", 403),
        ("DELETE", "/sign-in", 405),
        ("OPTIONS", "/sign-in", 200),
        ("GET", "/broken", 500),
    ],
)
def test_every_answer_is_sealed(site: Site, method: str, path: str, status: int) -> None:
    site.person("Alice")
    site.app.add_url_rule("/broken", "broken", open_to_all(lambda: 1 // 0))
    answer = site.visitor().open(path, method=method)
    assert answer.status_code == status
    sealed(answer)


def test_what_is_too_big_and_what_names_a_foreign_host_is_sealed_too(site: Site) -> None:
    site.person("Alice")
    big = site.visitor().post("/sign-in", data={"email": "x" * 3 * 1024 * 1024})
    foreign = site.visitor().get("/sign-in", headers={"Host": "evil.example"})
    assert (big.status_code, foreign.status_code) == (413, 400)
    sealed(big)
    sealed(foreign)


def test_the_nonce_of_the_page_is_the_nonce_of_the_policy(site: Site) -> None:
    site.person("Alice")
    first, second = site.visitor().get("/sign-in"), site.visitor().get("/sign-in")
    nonces = []
    for page in (first, second):
        nonce = page.text.partition('nonce="')[2].partition('"')[0]
        assert f"'nonce-{nonce}'" in page.headers["Content-Security-Policy"]
        nonces.append(nonce)
    assert nonces[0] != nonces[1]


def test_cookies_stay_with_this_site_and_away_from_scripts(site: Site) -> None:
    site.person("Alice")
    cookies = site.visitor().get("/sign-in").headers.getlist("Set-Cookie")
    assert cookies
    for cookie in cookies:
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Secure" not in cookie  # this site is plain http


def test_on_https_cookies_are_secure_and_bound_to_the_host(
    database: Database, tmp_path: Path
) -> None:
    visitor = secure_visitor(database, tmp_path, base_url="https://shop.example")
    answer = visitor.get("/setup", base_url="https://shop.example")
    cookies = answer.headers.getlist("Set-Cookie")
    assert any(cookie.startswith("__Host-regulars=") for cookie in cookies)
    assert all("Secure" in cookie for cookie in cookies)
    assert "Strict-Transport-Security" in answer.headers


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("127.0.0.1:8000", 200),
        ("192.168.1.20:8000", 200),
        ("[::1]:8000", 200),
        ("evil.example", 400),
        ("127.0.0.1.evil.example", 400),
        ("localhost.evil.example", 400),
        ("", 400),
    ],
)
def test_s23_names_that_are_not_ours_are_refused(site: Site, host: str, status: int) -> None:
    assert site.visitor().get("/healthz", headers={"Host": host}).status_code == status


def test_the_configured_name_is_ours(database: Database, tmp_path: Path) -> None:
    visitor = secure_visitor(database, tmp_path, base_url="https://shop.example")
    assert visitor.get("/healthz", headers={"Host": "shop.example"}).status_code == 200


@pytest.mark.parametrize(
    ("base", "host", "link"),
    [
        ("https://shop.example", "localhost", "https://shop.example/x"),
        ("http://127.0.0.1:8000", "192.168.1.20:8000", "http://192.168.1.20:8000/x"),
        ("http://0.0.0.0:8000", "192.168.1.20:8000", "http://192.168.1.20:8000/x"),
    ],
)
def test_links_to_hand_over_reach_the_phone_in_the_shop(
    database: Database, tmp_path: Path, base: str, host: str, link: str
) -> None:
    visitor = secure_visitor(database, tmp_path, base_url=base)
    with visitor.application.test_request_context("/", headers={"Host": host}):
        assert public_url("/x") == link


def test_s26_a_claimed_address_counts_only_behind_trusted_proxies(
    database: Database, tmp_path: Path
) -> None:
    seen = []
    for hops in (0, 1):
        visitor = secure_visitor(database, tmp_path, trusted_proxies=hops)
        headers = {"X-Forwarded-For": "6.6.6.6, 10.0.0.9"}
        with visitor:
            visitor.get("/healthz", headers=headers)

            seen.append(request.remote_addr)
    assert seen == ["127.0.0.1", "10.0.0.9"]


def test_s24_without_a_secret_nothing_starts(database: Database, tmp_path: Path) -> None:
    with pytest.raises(BadConfig):
        create_app(Config(data_dir=tmp_path), database)
