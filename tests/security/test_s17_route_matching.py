"""S17: no spelling of an address and no method gets around the door of a private route."""

import re
from collections.abc import Callable

import pytest

from tests.security.every_route import Route, private_routes
from tests.support.site import Site

pytestmark = pytest.mark.one_database

SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": lambda path: path,
    "a public address behind a mark": lambda path: f"{path}?/webhooks/trigger",
    "a method behind a mark": lambda path: f"{path}?next=/sign-in&_method=GET",
    "two slashes": lambda path: f"/{path}",
    "a slash behind": lambda path: f"{path}/",
    "a parameter of the path": lambda path: f"{path};/sign-in",
    "out of the files": lambda path: f"/static/..{path}",
    "out of the entrance": lambda path: f"/sign-in/..;{path}",
    "dots in disguise": lambda path: f"/sign-in/%2e%2e{path}",
    "a dot between": lambda path: path.replace("/", "/./", 2),
    "upper case": str.upper,
    "slashes in disguise": lambda path: path.replace("/", "%2f"),
    "a zero byte": lambda path: f"{path}%00",
}
PRETENCES = {
    "X-HTTP-Method-Override": "GET",
    "X-Original-URL": "/healthz",
    "X-Rewrite-URL": "/healthz",
    "X-Forwarded-Prefix": "/static",
    "X-Forwarded-For": "127.0.0.1",
}


def test_s17_without_a_key_every_private_route_stays_closed(site: Site) -> None:
    site.person("Alice")
    opened = []
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"):
        for route in private_routes(site.app, method):
            answer = site.visitor().open(route.path, method=method, headers=PRETENCES)
            if not _is_closed(route, answer.status_code, answer.location or ""):
                opened.append(f"{method} {route.rule}: {answer.status_code}")
    assert opened == []


def _is_closed(route: Route, status: int, location: str) -> bool:
    """The API says 401; pages send to the sign-in, or miss the token that only pages have."""
    if route.permission.door in ("api", "installation"):
        return status == 401
    return status == 403 or (status == 303 and location.startswith("/sign-in"))


def test_s17_no_spelling_opens_what_is_closed(site: Site) -> None:
    site.person("Alice")
    opened = []
    for name, spelling in SPELLINGS.items():
        for route in private_routes(site.app, "GET"):
            answer = site.visitor().get(spelling(route.path), headers=PRETENCES)
            leads_on = answer.status_code in (301, 302, 303, 307, 308)
            if answer.status_code < 300 or (leads_on and _leaves_us(answer.location)):
                opened.append(f"{name}: {route.rule} {answer.status_code} {answer.location}")
    assert opened == []


def _leaves_us(location: str) -> bool:
    """A redirect to another machine; ``//host`` is one, too."""
    return not re.match(r"^(?:http://localhost)?/(?!/)", location)


def test_s17_asking_for_the_methods_runs_no_view(site: Site) -> None:
    site.person("Alice")
    for route in private_routes(site.app, "OPTIONS"):
        answer = site.visitor().open(route.path, method="OPTIONS")
        assert answer.data == b"" or answer.status_code >= 400, route.rule


def test_s17_a_view_that_declares_nothing_is_closed_to_owners_too(site: Site) -> None:
    site.app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    answer = site.signed_in("Alice").get("/forgotten")
    assert answer.status_code == 403
    assert "secret" not in answer.text
