"""Files of people: in the copy, with the survivor of a merge, gone with whoever is erased."""

import zipfile
from io import BytesIO

import pytest
import sqlalchemy as sa

from regulars.form_builder.people.bundle import bundle_of
from regulars.form_builder.people.dossier import make_dossier
from regulars.form_builder.people.erase_plan import EraseWish
from regulars.form_builder.people.erasing import erase_person
from regulars.form_builder.people.merging import MergeWish, merge_people
from regulars.form_builder.people.parting import undo_merge
from regulars.platform.blobs import service
from regulars.platform.blobs.tables import blob
from tests.support.rule_shop import CUSTOMERS, SYSTEM, RuleShop

WITH_CARDS = {**CUSTOMERS, "fields": [*CUSTOMERS["fields"], {"key": "cards", "type": "file"}]}


@pytest.fixture
def people(shop: RuleShop) -> tuple[int, int]:
    """Two customers, each with a signed card."""
    shop.publish(WITH_CARDS)
    made = []
    for name in ("Ann", "Anne"):
        with shop.work() as uow:
            card = service.take_in(uow, SYSTEM, f"{name}.txt", BytesIO(f"card of {name}".encode()))
        made.append(shop.customer(name=name, cards=[card.id]))
    return made[0], made[1]


def test_the_copy_holds_the_files_themselves(shop: RuleShop, people: tuple[int, int]) -> None:
    with shop.work() as uow:
        bundle = bundle_of(uow, make_dossier(uow, SYSTEM, "customers", people[0]), "en")
    with zipfile.ZipFile(BytesIO(bundle.content)) as archive:
        assert archive.read("files/1-Ann.txt") == b"card of Ann"
        assert not [name for name in archive.namelist() if "Anne" in name]


def test_files_go_over_and_come_back(shop: RuleShop, people: tuple[int, int]) -> None:
    keep, drop = people
    with shop.work() as uow:
        merge_people(uow, SYSTEM, MergeWish("customers", keep, drop))
    assert shop.read("customers", keep)["cards"] == "1,2"
    with shop.work() as uow:
        assert {b.record for b in service.get_blobs(uow, [1, 2]).values()} == {keep}
        undo_merge(uow, SYSTEM, "customers", drop)
    with shop.work() as uow:
        columns = (blob.c.id, blob.c.record, blob.c.loose_at)
        held = {row.id: (row.record, row.loose_at) for row in uow.execute(sa.select(*columns))}
    assert held == {1: (keep, None), 2: (drop, None)}
    assert shop.read("customers", drop)["cards"] == "2"


def test_erasing_deletes_the_bytes(shop: RuleShop, people: tuple[int, int]) -> None:
    with shop.work() as uow:
        erase_person(uow, SYSTEM, EraseWish("customers", people[0], confirm="Ann"))
    kept = [p.read_bytes() for p in shop.database.data_dir.rglob("blobs/**/*") if p.is_file()]
    assert kept == [b"card of Anne"]
