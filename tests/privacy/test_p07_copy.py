"""P07: a copy of all that is known, over every table that holds the person."""

import json
import zipfile
from io import BytesIO

import pytest
import sqlalchemy as sa

from regulars.form_builder.people.bundle import bundle_of, dossier_json
from regulars.form_builder.people.dossier import make_dossier
from regulars.form_builder.people.person_log import log_of
from regulars.platform.accounts.access import Access
from regulars.platform.db import workspace_metadata
from regulars.platform.errors import Forbidden, NotFound
from regulars.platform.privacy.holdings import all_holdings
from tests.privacy.conftest import EMAIL, MOBILE, NAME, Nest
from tests.support.rule_shop import SYSTEM


def test_every_table_that_holds_the_persons_id_is_in_the_copy(nest: Nest) -> None:
    with nest.shop.work() as uow:
        copy = make_dossier(uow, SYSTEM, "customers", nest.canary)
        holding = {each.name for each in all_holdings()}
        for name, table in workspace_metadata.tables.items():
            if "record" in table.c:
                assert name in holding, f"{name} may hold a person and no copy knows of it"
            if {"form", "record"} <= set(table.c.keys()):
                theirs = sa.select(sa.func.count()).where(
                    table.c.form == "customers", table.c.record == nest.canary
                )
                assert len(copy.tables.get(name, [])) == uow.scalar(theirs), name
    assert set(copy.tables) >= {
        "consent_entry", "consent_state", "event", "history", "mirror_member", "outbound", "run",
        "run_step",
    }  # fmt: skip


def test_what_points_to_the_person_is_in_it_too(nest: Nest) -> None:
    with nest.shop.work() as uow:
        copy = make_dossier(uow, SYSTEM, "customers", nest.canary)
    assert {form: [r.id for r in records] for form, records in copy.linked.items()} == {
        "orders": [nest.order], "notes": [nest.note, nest.mention],
    }  # fmt: skip
    assert [row["record"] for row in copy.binned] == [nest.binned_order]
    assert nest.other not in [record.id for record in copy.records]


@pytest.mark.parametrize("locale", ["en", "zh-Hans"])
def test_the_copy_is_one_file_for_people_and_machines(nest: Nest, locale: str) -> None:
    with nest.shop.work() as uow:
        copy = make_dossier(uow, SYSTEM, "customers", nest.canary)
        bundle = bundle_of(uow, copy, locale)
        whole = dossier_json(uow, copy)
    with zipfile.ZipFile(BytesIO(bundle.content)) as archive:
        assert sorted(archive.namelist()) == ["person.html", "person.json", "style.css"]
        page = archive.read("person.html").decode()
        assert json.loads(archive.read("person.json")) == json.loads(json.dumps(whole))
    for said in (NAME, MOBILE, EMAIL, "Canary Old"):
        assert said in page
    assert {"en": "Messages (1)", "zh-Hans": "消息 (1)"}[locale] in page
    assert "<script" not in page


def test_markup_in_a_value_stays_a_value(nest: Nest) -> None:
    nest.shop.change("customers", nest.canary, note="<script>alert(1)</script>")
    with nest.shop.work() as uow:
        copy = make_dossier(uow, SYSTEM, "customers", nest.canary)
        bundle = bundle_of(uow, copy, "en")
    with zipfile.ZipFile(BytesIO(bundle.content)) as archive:
        assert b"<script>" not in archive.read("person.html")


def test_handing_out_is_noted_and_only_for_those_who_may(nest: Nest) -> None:
    clerk = Access(3, "Chen", "clerk", "zh-Hans")
    with nest.shop.work() as uow:
        with pytest.raises(Forbidden):
            make_dossier(uow, clerk, "customers", nest.canary)
        with pytest.raises(NotFound):
            make_dossier(uow, SYSTEM, "customers", 99999)
        with pytest.raises(NotFound):
            make_dossier(uow, SYSTEM, "orders", nest.order)
        make_dossier(uow, SYSTEM, "customers", nest.canary, reason="asked by phone")
        (line,) = log_of(uow, "customers", nest.canary)
        assert (line.done, line.reason) == ("exported", "asked by phone")
