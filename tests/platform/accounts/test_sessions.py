import re

import pytest
import redis

from regulars.platform.accounts.devices import DeviceWords, device_of
from regulars.platform.accounts.tables import session, user
from tests.support.clocks import MovableClock
from tests.support.site import PASSWORD, Site, Visitor

PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.60"
)


def enter(site: Site, agent: str = "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0") -> Visitor:
    visitor = site.visitor()
    visitor.send(
        "/sign-in",
        {"email": "alice@shop.example", "password": PASSWORD},
        headers={"User-Agent": agent},
        environ_base={"REMOTE_ADDR": "192.168.1.20"},
    )
    return visitor


def handles(page: str) -> list[str]:
    return re.findall(r"/profile/sessions/([0-9a-f]{16})/end", page)


def test_the_profile_shows_where_somebody_is_signed_in(site: Site, clock: MovableClock) -> None:
    site.person("Alice")
    enter(site, PHONE)
    clock.forward(hours=3)
    page = enter(site).get(f"{site.home}/profile").text
    assert "Chrome on Windows" in page
    assert "WeChat on iPhone" in page
    assert "This device" in page
    assert "3 hours ago" in page
    assert "192.168.1.20" in page
    assert len(handles(page)) == 1  # not for this device


def test_one_other_device_is_signed_out(site: Site) -> None:
    site.person("Alice")
    phone, office, till = enter(site, PHONE), enter(site), enter(site)
    page = till.get(f"{site.home}/profile").text
    first = handles(page)[0]
    assert till.send(f"{site.home}/profile/sessions/{first}/end").status_code == 303
    left = [each.get(f"{site.home}/").status_code for each in (phone, office)]
    assert sorted(left) == [200, 303]
    assert till.get(f"{site.home}/").status_code == 200


def test_every_other_device_is_signed_out(site: Site) -> None:
    site.person("Alice")
    others, here = [enter(site) for _ in range(3)], enter(site)
    assert here.send(f"{site.home}/profile/sessions/end-others").status_code == 303
    assert [each.get(f"{site.home}/").status_code for each in others] == [303] * 3
    assert "3 other devices" in here.get(f"{site.home}/profile").text


def test_nobody_signs_others_out(site: Site) -> None:
    site.person("Alice")
    alice = enter(site)
    mallory = site.signed_in("Mallory", "owner")
    enter(site)
    foreign = handles(alice.get(f"{site.home}/profile").text)[0]
    answer = mallory.send(f"{site.home}/profile/sessions/{foreign}/end")
    assert answer.status_code == 404
    assert alice.get(f"{site.home}/").status_code == 200


def test_signing_in_again_in_the_same_browser_leaves_no_session_behind(site: Site) -> None:
    site.person("Alice")
    visitor = enter(site)
    visitor.get(f"{site.home}/profile")
    visitor.send("/sign-in", {"email": "alice@shop.example", "password": PASSWORD})
    with site.database.main_tx(write=False) as connection:
        assert len(connection.execute(session.select()).all()) == 1


def test_a_change_of_role_gives_every_session_a_new_id(site: Site, clock: MovableClock) -> None:
    alice, bob = site.signed_in("Alice"), site.signed_in("Bob", "clerk")
    bob.get(f"{site.home}/")
    before = bob.get_cookie("regulars")
    target = f"{site.home}/settings/members/{site.member_id('Bob')}"
    assert alice.send(target, {"role": "manager"}).status_code == 303
    assert bob.htmx("GET", f"{site.home}/profile").status_code == 200  # keeps its page's token
    assert bob.get(f"{site.home}/settings/members").status_code == 200
    after = bob.get_cookie("regulars")
    assert before is not None
    assert after is not None
    assert before.value != after.value
    assert bob.send(f"{site.home}/profile", {"name": "Bob", "locale": "en"}).status_code == 303
    thief = site.visitor()
    thief.set_cookie("regulars", before.value)
    assert thief.get(f"{site.home}/").status_code == 200  # a request on its way still arrives
    clock.forward(minutes=2)
    assert thief.get(f"{site.home}/").status_code == 303
    assert bob.get(f"{site.home}/").status_code == 200


def test_sessions_survive_an_emptied_redis(site: Site, valkey: redis.Redis) -> None:
    alice = site.signed_in("Alice")
    valkey.flushall()
    assert alice.get(f"{site.home}/").status_code == 200


def test_being_seen_is_noted_every_ten_minutes(site: Site, clock: MovableClock) -> None:
    alice = site.signed_in("Alice")
    noted = []
    for _ in range(4):
        clock.forward(minutes=6)
        alice.get(f"{site.home}/")
        with site.database.main_tx(write=False) as connection:
            noted.append(connection.execute(session.select()).one().seen_at)
    assert len(set(noted)) == 3


def test_s15_somebody_switched_off_cannot_finish_the_second_step(site: Site) -> None:
    alice = site.signed_in("Alice")
    with site.database.main_tx() as connection:
        connection.execute(user.update().values(active=False))
    assert alice.get("/account/second-factor").status_code == 303


@pytest.mark.parametrize(
    ("agent", "browser", "system", "is_phone"),
    [
        (PHONE, "WeChat", "iPhone", True),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140 Safari/537 Edg/140", "Edge", "Windows", False),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X) Version/19 Safari/605", "Safari", "Mac", False),
        ("Mozilla/5.0 (Linux; Android 16) Chrome/140.0 Mobile Safari", "Chrome", "Android", True),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0", "Firefox", "Linux", False),
        ("curl/8.0", "", "", False),
        ("<script>alert(1)</script>", "", "", False),
        ("", "", "", False),
    ],
)  # fmt: skip
def test_a_browser_is_named_in_words(
    agent: str, browser: str, system: str, is_phone: bool
) -> None:
    words = device_of(agent)
    assert words == DeviceWords(browser, system)
    assert words.is_phone is is_phone


def test_s09_what_a_browser_calls_itself_is_never_shown_as_it_came(site: Site) -> None:
    site.person("Alice")
    page = enter(site, "<img src=x onerror=alert(1)>").get(f"{site.home}/profile").text
    assert "Unknown device" in page
    assert "onerror" not in page
