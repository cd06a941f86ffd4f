"""P08: what stands about a person is put right: checked, kept in the history, starting nothing."""

import pytest

from regulars.form_builder.history import history_of
from regulars.form_builder.people.correcting import correct_person
from regulars.form_builder.people.duplicates import look_alikes
from regulars.form_builder.people.person_log import log_of
from regulars.form_builder.querying import RecordQuery
from regulars.form_builder.records import find_records
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid, VersionConflict
from tests.privacy.conftest import MOBILE, NAME, Nest
from tests.support.rule_shop import SYSTEM, journey, sms

RIGHT = "+8613700001111"
ON_CHANGE = journey("changed", trigger={"on": "record_updated", "form": "customers"})


def correct(nest: Nest, **values: str) -> None:
    with nest.shop.work() as uow:
        correct_person(uow, SYSTEM, "customers", nest.canary, values, kind="page", reason="asked")


def found_by(uow: UnitOfWork, said: str) -> list[int]:
    page = find_records(uow, SYSTEM, "customers", RecordQuery(search=said))
    return [record.id for record in page.records]


def test_a_correction_is_checked_like_any_change(nest: Nest) -> None:
    with pytest.raises(Invalid) as refused:
        correct(nest, mobile="nonsense", birthday="31 February")
    assert [problem.path for problem in refused.value.problems] == ["mobile", "birthday"]
    taken = nest.shop.read("customers", nest.other)["mobile"]
    with pytest.raises(Invalid):
        correct(nest, mobile=taken)
    assert nest.shop.read("customers", nest.canary)["mobile"] == MOBILE


def test_it_starts_no_rule_and_is_kept_in_history_and_log(nest: Nest) -> None:
    nest.shop.publish(sms(), ON_CHANGE)
    runs = len(nest.shop.runs())
    correct(nest, mobile=RIGHT)
    nest.shop.tick()
    assert len(nest.shop.runs()) == runs
    nest.shop.change("customers", nest.canary, note="another")
    nest.shop.tick()
    assert len(nest.shop.runs()) == runs + 1
    with nest.shop.work() as uow:
        entry = history_of(uow, "customers", nest.canary)[1]
        assert (entry.changes, entry.ref) == ({"mobile": [MOBILE, RIGHT]}, "correction")
        (line,) = log_of(uow, "customers", nest.canary)
        assert (line.done, line.detail, line.reason) == (
            "corrected", {"fields": ["mobile"]}, "asked",
        )  # fmt: skip


def test_the_old_number_no_longer_finds_the_person(nest: Nest) -> None:
    correct(nest, mobile=RIGHT, name="Corrected Name", email="new@x.cn", note="")
    with nest.shop.work() as uow:
        assert nest.canary not in found_by(uow, MOBILE)
        assert nest.canary not in found_by(uow, NAME.casefold())
        assert found_by(uow, "13700001111") == found_by(uow, "corrected") == [nest.canary]
        assert look_alikes(uow, SYSTEM, "customers", {"mobile": MOBILE}) == []
        alike = look_alikes(uow, SYSTEM, "customers", {"mobile": RIGHT})
        assert [each.id for each in alike] == [nest.canary]


def test_two_who_correct_at_once_do_not_overwrite_each_other(nest: Nest) -> None:
    version = nest.shop.read("customers", nest.canary)["version"]
    correct(nest, note="first")
    with nest.shop.work() as uow, pytest.raises(VersionConflict):
        correct_person(
            uow, SYSTEM, "customers", nest.canary, {"note": "second"},
            kind="page", expected_version=version,
        )  # fmt: skip
