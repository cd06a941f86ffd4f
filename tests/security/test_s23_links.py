"""S23: links that open something are random, work once and not for long, and lead to us."""

import re
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from regulars.app import create_app
from regulars.platform.accounts import invitations, password_links
from regulars.platform.accounts.access import system_access
from regulars.platform.accounts.invitations import Wish
from regulars.platform.accounts.password_links import Link, Purpose
from regulars.platform.accounts.tables import invitation, password_link
from regulars.platform.config import Config
from tests.support.clocks import MovableClock
from tests.support.second_factor import phone_of
from tests.support.site import PASSWORD, SECRET, Site, Visitor

NEW = "six loud green tractors"
EVIL = (
    {"Host": "evil.example"},
    {"Origin": "https://evil.example"},
    {"X-Forwarded-Host": "evil.example"},
    {"X-Forwarded-Server": "evil.example", "X-Host": "evil.example"},
    {"Forwarded": "host=evil.example"},
    {"Referer": "https://evil.example/"},
)


def issued(site: Site, purpose: Purpose) -> str:
    link = Link(site.person("Bob", "clerk"), purpose)
    with site.database.main_tx() as connection:
        return password_links.issue(connection, link, now=site.database.clock())


def to_password(site: Site) -> str:
    return f"/new-password/{issued(site, 'password')}"


def to_second_factor(site: Site) -> str:
    phone_of(site.database, site.person("Bob", "clerk"))
    return f"/second-factor/{issued(site, 'second_factor')}"


def to_join(site: Site) -> str:
    site.person("Alice")
    with site.database.workspace_tx(site.workspace) as uow:
        wish = Wish("eve@shop.example", "Eve", "clerk")
        return f"/invitations/{invitations.invite(uow, system_access('en'), wish)}"


KINDS: dict[str, tuple[Callable[[Site], str], dict[str, str], float]] = {
    "a new password": (to_password, {"password": NEW}, 61),
    "a lost phone": (to_second_factor, {"password": PASSWORD}, 61),
    "joining": (to_join, {"name": "Eve", "password": NEW}, 7 * 24 * 60 + 1),
}
every_kind = pytest.mark.parametrize(
    ("make", "values", "minutes"), KINDS.values(), ids=list(KINDS)
)


@every_kind
def test_s23_a_link_works_once(
    site: Site, make: Callable[[Site], str], values: dict[str, str], minutes: float
) -> None:
    link = make(site)
    assert site.visitor().get(link).status_code == 200
    assert site.visitor().get(link).status_code == 200  # looking does not use it up
    assert site.visitor().send(link, values).status_code == 303
    assert site.visitor().get(link).status_code == 404
    assert site.visitor().send(link, values).status_code == 404


@every_kind
def test_s23_a_link_ends_by_itself(
    site: Site, clock: MovableClock, make: Callable[[Site], str], values: dict[str, str],
    minutes: float,
) -> None:  # fmt: skip
    link = make(site)
    clock.forward(minutes=minutes - 2)
    assert site.visitor().get(link).status_code == 200
    clock.forward(minutes=2)
    assert site.visitor().get(link).status_code == 404
    assert site.visitor().send(link, values).status_code == 404


@every_kind
def test_s23_of_many_who_open_it_at_once_one_gets_through(
    site: Site, make: Callable[[Site], str], values: dict[str, str], minutes: float
) -> None:
    link = make(site)

    def rush(_number: int) -> int:
        return site.visitor().send(link, values).status_code

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(rush, range(6)))
    assert answers.count(303) == 1
    assert set(answers) <= {303, 404, 422}


@every_kind
def test_s23_its_page_tells_nobody_its_address(
    site: Site, make: Callable[[Site], str], values: dict[str, str], minutes: float
) -> None:
    page = site.visitor().get(make(site))
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    # Nothing on it is loaded from, or leads to, another machine.
    assert re.findall(r'(?:src|href|action)="(?:https?:)?//', page.text) == []


@every_kind
@pytest.mark.one_database
def test_s23_the_stores_hold_fingerprints_only(
    site: Site, make: Callable[[Site], str], values: dict[str, str], minutes: float
) -> None:
    secret = make(site).rpartition("/")[2]
    with site.database.main_tx(write=False) as connection:
        rows = [
            *connection.execute(invitation.select()),
            *connection.execute(password_link.select()),
        ]
    assert rows
    assert secret not in str(rows)


@pytest.mark.one_database
def test_s23_ten_thousand_guesses_open_nothing(site: Site) -> None:
    links = [to_password(site), to_join(site)]
    real = links[0].rpartition("/")[2]
    assert len(real) >= 32  # 192 bits
    guesses = [secrets.token_urlsafe(24) for _ in range(9_990)]
    guesses += [real[:-1], real + "x", real.swapcase(), real[::-1], "", "%", "'", "*", "null", "0"]
    marks = {password_links.fingerprint(guess) for guess in guesses}
    with site.database.main_tx(write=False) as connection:
        known = set(connection.execute(sa.select(password_link.c.token_hash)).scalars())
        known |= set(connection.execute(sa.select(invitation.c.token_hash)).scalars())
    assert len(known) == len(links)
    assert not known & marks
    statuses = {site.visitor().get(f"/new-password/{g}").status_code for g in guesses[-12:] if g}
    assert statuses == {404}


@pytest.mark.one_database
@pytest.mark.parametrize("headers", EVIL)
def test_s23_a_link_names_the_configured_address_whatever_is_claimed(
    site: Site, tmp_path: Path, headers: dict[str, str]
) -> None:
    base = "https://shop.example"
    config = Config(data_dir=tmp_path, secret_key=SECRET, base_url=base)
    app = create_app(config, site.database)
    app.test_client_class = Visitor
    there = Site(app, site.database, site.workspace)
    there.person("Bob", "clerk")
    visitor = there.signed_in("Alice")
    cookie = visitor.get_cookie("regulars")
    assert cookie is not None
    visitor.set_cookie("__Host-regulars", cookie.value, secure=True)
    visitor.get(f"{there.home}/profile", base_url=base)
    target = f"{there.home}/settings/members/{there.member_id('Bob')}/password-link"
    answer = visitor.post(
        target, data={"csrf_token": visitor.csrf}, headers=headers, base_url=base
    )
    assert "evil.example" not in answer.text
    if answer.status_code == 200:
        assert f'value="{base}/new-password/' in answer.text
    else:
        assert answer.status_code in (400, 403)


@pytest.mark.one_database
def test_s23_a_new_password_makes_older_links_worthless(site: Site) -> None:
    for make in (to_password, to_second_factor):
        link = make(site)
        bob = site.signed_in("Bob")
        change = {"current": PASSWORD, "password": PASSWORD}
        assert bob.send(f"{site.home}/profile/password", change).status_code == 303
        assert site.visitor().get(link).status_code == 404


@pytest.mark.one_database
def test_s23_a_newer_link_replaces_the_older_one_of_any_kind(site: Site) -> None:
    older, newer = to_second_factor(site), to_password(site)
    assert site.visitor().get(older).status_code == 404
    assert site.visitor().get(newer).status_code == 200


@pytest.mark.one_database
def test_s23_a_link_opens_its_own_door_only(site: Site) -> None:
    for make in (to_password, to_second_factor, to_join):
        link = make(site)
        secret, own = link.rpartition("/")[2], link.split("/")[1]
        for door in {"new-password", "second-factor", "invitations"} - {own}:
            assert site.visitor().get(f"/{door}/{secret}").status_code == 404
        with site.database.main_tx() as connection:
            connection.execute(password_link.delete())
            connection.execute(invitation.delete())
