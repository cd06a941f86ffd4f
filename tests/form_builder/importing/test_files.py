"""Uploaded files: kept while they are needed, and let go of afterwards."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from regulars.form_builder.importing import batches, files
from regulars.form_builder.importing.desk import ImportDesk
from regulars.form_builder.importing.limits import BadFile
from regulars.form_builder.importing.tables import import_part
from regulars.platform.db import Database, UnitOfWork, Workspace
from tests.support.clocks import MovableClock
from tests.support.import_forms import OWNER, all_records, prepare_import, store_text

MAP = {"targets": [{"form": "products", "fields": {"sku": {"column": "sku"}}}]}
TEXT = "sku,日期\nA,3/4/2026\n"


def pieces(uow: UnitOfWork) -> int:
    return int(uow.scalar(sa.select(sa.func.count()).select_from(import_part)))


def test_a_big_file_is_kept_in_pieces_and_comes_back_whole(
    database: Database, shop: Workspace
) -> None:
    text = "sku,x\n" + "".join(f"A{n},{'y' * 50}\n" for n in range(20_000))
    with database.workspace_tx(shop) as uow:
        kept = store_text(uow, text)
        assert pieces(uow) > 3
        with files.opened(uow, kept.id) as path:
            assert path.read_text("utf-8") == text


def test_a_name_is_never_a_path(database: Database, shop: Workspace) -> None:
    with database.workspace_tx(shop) as uow:
        assert store_text(uow, TEXT, "C:\\x\\..\\销售\u202e.csv").name == "销售.csv"
        assert store_text(uow, TEXT, "../../etc/passwd").name == "passwd"
        assert store_text(uow, TEXT, "/").name == "file"


def test_the_way_of_reading_can_be_changed(database: Database, shop: Workspace) -> None:
    with database.workspace_tx(shop) as uow:
        kept = store_text(uow, TEXT)
        assert kept.guesses[1]["unsure"] is True
        again = files.look_again(uow, kept.id, {"heading": False})
        assert again.columns == ("Column 1", "Column 2")
        with pytest.raises(BadFile):
            files.look_again(uow, kept.id, {"encoding": "klingon"})


def test_a_month_later_a_file_is_gone_but_for_one_that_is_needed(
    database: Database, shop: Workspace, clock: MovableClock
) -> None:
    with database.workspace_tx(shop) as uow:
        kept = store_text(uow, TEXT)
    needed = prepare_import(database, shop, TEXT, MAP)
    desk = ImportDesk(database)
    clock.forward(days=29)
    desk.tidy(clock.now)
    with database.workspace_tx(shop) as uow:
        assert pieces(uow) == 2
        batches.start_batch(uow, OWNER, needed.id)
    clock.forward(days=2)
    assert desk.is_untidy(clock.now)
    desk.tidy(clock.now)
    assert not desk.is_untidy(clock.now)
    with database.workspace_tx(shop) as uow:
        assert pieces(uow) == 1
        assert files.get_file(uow, kept.id).forgotten
        with pytest.raises(BadFile) as caught, files.opened(uow, kept.id):
            pass
    assert caught.value.code == "file-forgotten"


def test_the_desk_does_what_waits_and_says_when(
    database: Database, shop: Workspace, clock: MovableClock
) -> None:
    desk = ImportDesk(database)
    assert not desk.is_due(clock.now)
    draft = prepare_import(database, shop, TEXT, MAP)
    with database.workspace_tx(shop) as uow:
        batches.start_batch(uow, OWNER, draft.id)
    assert desk.is_due(clock.now)
    desk.answer()
    assert not desk.is_due(clock.now + timedelta(days=1))
    with database.workspace_tx(shop) as uow:
        assert [each["sku"] for each in all_records(uow, "products")] == ["A"]
