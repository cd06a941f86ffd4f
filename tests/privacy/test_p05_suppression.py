"""P05: whoever must not be written to stays so, by a digest that nobody can read back."""

import hashlib
import hmac

import pytest

from regulars.platform.db import UnitOfWork
from regulars.platform.privacy import suppressions
from regulars.platform.privacy.suppressions import (
    KeyLost,
    sealed_key,
    suppress,
    suppressed_among,
    suppression,
)
from tests.support.clocks import NOW
from tests.support.databases import SECRET

OTHER = "another long random-looking secret, for tests: 91bc"
MOBILE = ("sms", "+8613800138000")


def digests(uow: UnitOfWork) -> list[str]:
    return list(
        uow.execute(suppression.select().with_only_columns(suppression.c.digest)).scalars()
    )


@pytest.mark.parametrize(
    "spelled", ["+8613800138000", "138 0013 8000", "13800138000", "０１３８００１３８０００"[1:]]
)
def test_a_number_is_known_however_it_is_written(uow: UnitOfWork, spelled: str) -> None:
    suppress(uow, [MOBILE], "asked")
    assert suppressed_among(uow, [("sms", spelled)]) == {("sms", spelled)}
    assert suppressed_among(uow, [("email", spelled), ("sms", "+8613800138001")]) == set()


def test_an_address_is_known_in_any_case(uow: UnitOfWork) -> None:
    suppress(uow, [("email", "Ann@X.cn")], "asked")
    assert suppressed_among(uow, [("email", "ann@x.CN")]) == {("email", "ann@x.CN")}


def test_the_digest_needs_a_key_that_is_not_in_the_store(uow: UnitOfWork) -> None:
    suppress(uow, [MOBILE], "asked")
    (digest,) = digests(uow)
    for key in (b"regulars.suppression", SECRET.encode(), b""):
        for said in ("+8613800138000", "sms:+8613800138000"):
            assert hmac.new(key, said.encode(), hashlib.sha256).hexdigest() != digest
    with uow.database.main_tx(write=False) as connection:
        (row,) = connection.execute(sealed_key.select()).all()
    assert SECRET not in row.sealed


def test_a_changed_secret_keeps_the_list_and_the_old_one_may_go_afterwards(
    uow: UnitOfWork,
) -> None:
    suppress(uow, [MOBILE], "asked")
    suppressions.install((OTHER, SECRET))
    suppressions.reseal(uow.database)
    suppressions.install((OTHER,))
    assert suppressed_among(uow, [MOBILE]) == {MOBILE}


def test_without_its_secret_nothing_is_let_through(uow: UnitOfWork) -> None:
    suppress(uow, [MOBILE], "asked")
    for held in ((OTHER,), ()):
        suppressions.install(held)
        with pytest.raises(KeyLost):
            suppressed_among(uow, [("sms", "+8613900000000")])


def test_an_empty_list_asks_for_no_secret(uow: UnitOfWork) -> None:
    suppressions.install(())
    assert suppressed_among(uow, [MOBILE]) == set()


def test_entries_of_the_old_kind_count_and_are_renewed_when_they_are_met(uow: UnitOfWork) -> None:
    old = hmac.new(b"regulars.suppression", b"+8613800138000", hashlib.sha256).hexdigest()
    row = {"channel": "sms", "digest": old, "reason": "reply", "at": NOW, "scheme": None}
    uow.execute(suppression.insert(), [row])
    for _again in range(2):
        assert suppressed_among(uow, [MOBILE]) == {MOBILE}
    (kept,) = uow.execute(suppression.select()).all()
    assert (kept.reason, kept.scheme) == ("reply", 1)
    assert kept.digest != old
