"""Consents in a file: the ledger gets what has evidence, and nothing else."""

from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from regulars.platform.accounts.access import Access
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.errors import Invalid
from regulars.platform.events import event
from regulars.platform.privacy import consents
from tests.support.import_forms import (
    all_records,
    bring_in,
    counts,
    prepare_import,
    take_back,
)

MAP: dict[str, Any] = {
    "targets": [
        {
            "form": "customers",
            "key": "code",
            "fields": {"code": {"column": "No"}, "name": {"column": "Name"}},
            "consent": [
                {
                    "purpose": "marketing",
                    "channel": "sms",
                    "given": {"column": "SMS"},
                    "evidence": {"column": "Signed"},
                    "at": {"column": "On", "parse": "dmy"},
                    "source": "paper form",
                }
            ],
        }
    ]
}
CSV = """No,Name,SMS,Signed,On
1,Ann,yes,card 17,1/3/2012
2,Bob,yes,,1/3/2012
3,Cem,no,said so,1/3/2012
4,Dan,,,
5,Eve,maybe,card 9,
6,Fay,是,card 3,31/12/2099
7,Guy,√,card 4,
"""


def granted(uow: UnitOfWork) -> list[str]:
    people = all_records(uow, "customers")
    return [
        str(each["name"])
        for each in people
        if consents.is_granted(uow, "customers", each.id, "marketing", "sms")
    ]


def test_a_yes_with_evidence_counts_and_nothing_else(database: Database, shop: Workspace) -> None:
    batch = bring_in(database, shop, CSV, MAP)
    assert counts(batch, "customers") == {
        "created": 7, "consents_given": 2, "consents_without_evidence": 1, "consents_not_said": 1,
        "consents_unclear": 2,
    }  # fmt: skip
    with database.workspace_tx(shop) as uow:
        assert granted(uow) == ["Ann", "Guy"]
        ann = all_records(uow, "customers")[0]
        (entry,) = consents.ledger_of(uow, "customers", ann.id)
        assert (entry.source, entry.evidence) == ("paper form", "card 17")
        assert entry.at == datetime(2012, 2, 29, 16, tzinfo=UTC)
        assert uow.scalar(sa.select(sa.func.count()).where(event.c.processed_at.is_(None))) == 0


def test_what_the_ledger_says_already_is_not_said_again_and_a_no_withdraws(
    database: Database, shop: Workspace
) -> None:
    bring_in(database, shop, CSV, MAP)
    again = bring_in(database, shop, CSV.replace("√", "×"), MAP)
    assert counts(again, "customers")["consents_withdrawn"] == 1
    assert "consents_given" not in counts(again, "customers")
    with database.workspace_tx(shop) as uow:
        assert granted(uow) == ["Ann"]
        ann = all_records(uow, "customers")[0]
        assert len(consents.ledger_of(uow, "customers", ann.id)) == 1


def test_undo_withdraws_what_the_file_had_given(database: Database, shop: Workspace) -> None:
    bring_in(database, shop, "No,Name,SMS,Signed,On\n1,Ann,,,\n", MAP)
    batch = bring_in(database, shop, CSV, MAP)
    take_back(database, shop, batch)
    with database.workspace_tx(shop) as uow:
        (ann,) = all_records(uow, "customers")
        assert not consents.is_granted(uow, "customers", ann.id, "marketing", "sms")
        actions = [each.action for each in consents.ledger_of(uow, "customers", ann.id)]
    assert actions == ["withdraw", "grant"]


def test_a_constant_may_stand_for_everybody(database: Database, shop: Workspace) -> None:
    wanted = {"targets": [{**MAP["targets"][0]}]}
    wanted["targets"][0]["consent"] = [
        {
            "purpose": "marketing",
            "channel": "email",
            "given": {"constant": "yes"},
            "evidence": {"constant": "newsletter list of 2010"},
        }
    ]
    batch = bring_in(database, shop, CSV, wanted)
    assert counts(batch, "customers")["consents_given"] == 7


def test_who_may_not_manage_consents_may_not_import_them(
    database: Database, shop: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = Access(None, "till", "owner", "en", (), "token", 1)
    can = Access.can
    without = lambda self, capability: capability != "manage_consents" and can(self, capability)  # noqa: E731
    monkeypatch.setattr(Access, "can", without)
    with pytest.raises(Invalid) as caught:
        prepare_import(database, shop, CSV, MAP, keeper)
    assert [problem.code for problem in caught.value.problems] == ["consent-not-allowed"]


def test_consent_needs_a_form_of_people(database: Database, shop: Workspace) -> None:
    wanted = {
        "targets": [
            {
                "form": "products",
                "fields": {"sku": {"column": "No"}},
                "consent": MAP["targets"][0]["consent"],
            }
        ]
    }
    with pytest.raises(Invalid) as caught:
        prepare_import(database, shop, CSV, wanted)
    assert [problem.code for problem in caught.value.problems] == ["consent-needs-person"]
