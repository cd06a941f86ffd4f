"""S26: guessing is slow, says nothing about who exists, and a planted session is worth nothing."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from regulars.app import create_app
from regulars.platform.accounts import passwords, signing
from regulars.platform.accounts.tables import user
from regulars.platform.config import Config
from tests.support.clocks import MovableClock
from tests.support.site import PASSWORD, SECRET, Site, Visitor

KNOWN, UNKNOWN = "alice@shop.example", "nobody@shop.example"
TRIES = signing.PER_ACCOUNT.tries


def guess(visitor: Visitor, email: str = KNOWN, **sent: Any) -> int:
    values = {"email": email, "password": "wrong guess", **sent.pop("values", {})}
    return visitor.send("/sign-in", values, **sent).status_code


DODGES: dict[str, Callable[[int], dict[str, Any]]] = {
    "another address is claimed": lambda n: {"headers": {"X-Forwarded-For": f"10.0.0.{n}"}},
    "in every header": lambda n: {
        "headers": {"X-Real-IP": f"10.0.0.{n}", "Forwarded": f"for=10.0.0.{n}",
                    "Client-IP": f"10.0.0.{n}", "X-Client-IP": f"10.0.0.{n}"}
    },
    "a field more": lambda n: {"values": {"account": str(n), "id": str(n), "key": str(n)}},
    "another browser": lambda n: {"headers": {"User-Agent": f"browser {n}"}},
    "another case": lambda n: {"values": {"email": KNOWN.upper() if n % 2 else f" {KNOWN} "}},
    "another machine": lambda n: {"environ_base": {"REMOTE_ADDR": f"10.0.0.{n}"}},
}  # fmt: skip


@pytest.mark.parametrize("dodge", DODGES.values(), ids=DODGES)
def test_s26_the_tries_of_an_account_are_counted_whatever_is_claimed(
    site: Site, clock: MovableClock, dodge: Callable[[int], dict[str, Any]]
) -> None:
    site.person("Alice")
    visitor = site.visitor()
    answers = [guess(visitor, **dodge(number)) for number in range(TRIES + 1)]
    assert answers == [422] * TRIES + [429]
    right = {"email": KNOWN, "password": PASSWORD}
    assert visitor.send("/sign-in", right).status_code == 429
    clock.forward(minutes=16)
    assert visitor.send("/sign-in", right).status_code == 303


def test_s26_a_fresh_browser_for_every_try_does_not_help(site: Site) -> None:
    site.person("Alice")
    assert [guess(site.visitor()) for _ in range(TRIES + 1)][-1] == 429


def test_s26_the_wait_is_told(site: Site) -> None:
    site.person("Alice")
    visitor = site.visitor()
    values = {"email": KNOWN, "password": "wrong"}
    answer = [visitor.send("/sign-in", values) for _ in range(TRIES + 1)][-1]
    assert 0 < int(answer.headers["Retry-After"]) <= 15 * 60
    assert "Too many tries" in answer.text


def test_s26_one_machine_cannot_try_many_accounts(site: Site) -> None:
    site.person("Alice")
    visitor = site.visitor()
    most = signing.PER_ADDRESS.tries
    answers = [guess(visitor, f"guess{number}@shop.example") for number in range(most + 1)]
    assert answers == [422] * most + [429]


def test_s26_behind_a_proxy_the_real_address_counts(site: Site, tmp_path: Path) -> None:
    site.person("Alice")
    app = create_app(
        Config(data_dir=tmp_path, secret_key=SECRET, trusted_proxies=1), site.database
    )
    app.test_client_class = Visitor
    visitor = app.test_client()
    assert isinstance(visitor, Visitor)
    most = signing.PER_ADDRESS.tries
    # What the client claims stands in front of what the proxy has seen.
    answers = [
        guess(visitor, f"g{n}@x.example", headers={"X-Forwarded-For": f"10.0.0.{n}, 6.6.6.6"})
        for n in range(most + 1)
    ]
    assert answers[-1] == 429
    honest = {"X-Forwarded-For": "10.0.0.1, 7.7.7.7"}
    assert guess(visitor, "someone@x.example", headers=honest) == 422


def test_s26_known_and_unknown_people_get_the_same_answer(site: Site) -> None:
    site.person("Alice")
    switched_off = site.person("Bob")
    with site.database.main_tx() as connection:
        connection.execute(user.update().where(user.c.id == switched_off.id).values(active=False))
    texts = []
    for email in (KNOWN, UNKNOWN, "bob@shop.example"):
        answer = site.visitor().send("/sign-in", {"email": email, "password": "wrong guess"})
        assert answer.status_code == 422
        varying = r'[0-9a-f]{64}|nonce="[^"]*"|' + re.escape(email)
        texts.append(re.sub(varying, "…", answer.text))
    assert len(set(texts)) == 1
    assert "The e-mail or the password is wrong." in texts[0]


def test_s26_known_and_unknown_people_cost_the_same_work(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time is not measured, which would fail by chance: every hash that is reckoned counts."""
    site.person("Alice")
    reckoned: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, *given: Any) -> Any:
            reckoned.append("verify")
            return super().verify(*given)

        def hash(self, *given: Any, **more: Any) -> str:
            reckoned.append("hash")
            return super().hash(*given, **more)

    monkeypatch.setattr(passwords, "_hasher", Counting(1, 8, 1))
    passwords._nobodys_hash.cache_clear()
    guess(site.visitor(), UNKNOWN)  # the first of all reckons the hash of nobody
    work = []
    for email in (KNOWN, UNKNOWN, KNOWN, "", "x" * 500, "a@b c"):
        reckoned.clear()
        guess(site.visitor(), email)
        work.append(tuple(reckoned))
    assert set(work) == {("verify",)}


def test_s26_the_nobody_hash_costs_what_a_real_one_costs() -> None:
    cost = re.compile(r"^\$argon2id\$v=19\$m=65536,t=3,p=4\$")
    passwords._nobodys_hash.cache_clear()
    assert cost.match(passwords._nobodys_hash())
    assert cost.match(passwords.hash_password(PASSWORD))


def test_a_cheap_old_hash_is_made_anew_at_sign_in(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = site.person("Alice")
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(2, 16, 1))
    right = {"email": KNOWN, "password": PASSWORD}
    stored = []
    for password in ("wrong guess", PASSWORD, PASSWORD):
        site.visitor().send("/sign-in", {**right, "password": password})
        with site.database.main_tx(write=False) as connection:
            row = connection.execute(user.select().where(user.c.id == person.id)).one()
            stored.append(row.password_hash)
    assert "m=8,t=1" in stored[0]
    assert "m=16,t=2" in stored[1]
    assert stored[2] == stored[1]


def test_s26_the_visit_id_changes_at_sign_in(site: Site) -> None:
    site.person("Alice")
    visitor = site.visitor()
    visitor.get("/sign-in")
    before = visitor.get_cookie("regulars")
    visitor.send("/sign-in", {"email": KNOWN, "password": PASSWORD})
    after = visitor.get_cookie("regulars")
    assert before is not None
    assert after is not None
    assert before.value != after.value
    planted = site.visitor()
    planted.set_cookie("regulars", before.value)
    assert planted.get(f"{site.home}/").location.startswith("/sign-in")


@pytest.mark.parametrize("value", ["", "x", "A" * 43, "../../etc", "A" * 3000, "\x00"])
def test_s26_a_made_up_cookie_opens_nothing(site: Site, value: str) -> None:
    site.person("Alice")
    visitor = site.visitor()
    visitor.set_cookie("regulars", value)
    assert visitor.get(f"{site.home}/").location.startswith("/sign-in")


def test_s26_links_with_passwords_are_limited_too(site: Site) -> None:
    site.person("Alice")
    visitor = site.visitor()
    for page in ("/new-password/guess", "/second-factor/guess", "/invitations/guess"):
        answers = {visitor.send(page, {"password": PASSWORD}).status_code for _ in range(26)}
        assert answers <= {404, 429}
    assert visitor.send("/new-password/guess", {"password": PASSWORD}).status_code == 429
