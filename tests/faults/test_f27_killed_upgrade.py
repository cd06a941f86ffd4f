"""F27: SIGKILL during an upgrade leaves each store old or new; the next start goes on."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from regulars.platform import migrations
from regulars.platform.backups.checking import line_of
from regulars.platform.backups.upgrading import bring_up
from regulars.platform.db import Database, Workspace
from regulars.platform.migrations import StoreRefused
from regulars.platform.store_notes import write_note
from regulars.wiring import wire
from tests.support.rule_shop import RuleShop

Migrate = Callable[..., "subprocess.CompletedProcess[str]"]
STORES = ("main", "w_1")


@pytest.fixture
def migrate(golden_store: Database) -> Migrate:
    """Bring the old stores up, in a process of its own."""

    def run(fault: str = "") -> "subprocess.CompletedProcess[str]":
        golden_store.close()
        environ = {
            **os.environ,
            "REGULARS_DATA_DIR": str(golden_store.data_dir),
            "REGULARS_DATABASE_URL": golden_store.url,
            "REGULARS_FAULTPOINT": fault,
            "LANG": "en_GB.UTF-8",
        }
        command = [sys.executable, "-m", "tests.support.small_upgrade"]
        return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)

    return run


def revisions(database: Database) -> dict[str, str | None]:
    found = {}
    for store in STORES:
        with database.snapshot_tx(store) as connection:
            found[store] = migrations.revision_of(connection)
    return found


# The backup's rehearsal passes the same statements first; later ones strike the real stores.
@pytest.mark.parametrize(
    "statement", [48, *(pytest.param(n, marks=pytest.mark.full) for n in (1, 10, 30, 40, 60, 75))]
)
def test_a_killed_upgrade_leaves_old_or_new_and_goes_on(
    golden_store: Database, migrate: Migrate, statement: int
) -> None:
    killed = migrate(f"migrating@{statement}:kill")
    assert killed.returncode == -9, killed.stderr
    for store, revision in revisions(golden_store).items():
        assert revision in ("0001", migrations.head(line_of(store)))
    again = migrate()
    assert again.returncode == 0, again.stderr
    assert all(r == migrations.head(line_of(s)) for s, r in revisions(golden_store).items())
    wire()
    shop = RuleShop(golden_store, Workspace(1, "shop", "Shop"))
    assert shop.read("customers", 3)["name"] == "陈小明"


@pytest.mark.parametrize(
    "place",
    [
        "store-before@2",
        pytest.param("upgrade-kept", marks=pytest.mark.full),
        pytest.param("migrated-workspace@2", marks=pytest.mark.full),
    ],
)
def test_between_two_stores_too(golden_store: Database, migrate: Migrate, place: str) -> None:
    assert migrate(f"{place}:kill").returncode == -9
    assert migrate().returncode == 0
    assert migrate().stdout == "0"


def test_several_processes_at_once_do_it_once(golden_store: Database, migrate: Migrate) -> None:
    golden_store.close()
    environ = {
        **os.environ,
        "REGULARS_DATA_DIR": str(golden_store.data_dir),
        "REGULARS_DATABASE_URL": golden_store.url,
    }
    command = [sys.executable, "-m", "tests.support.small_upgrade"]
    started = [
        subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    answers = [process.communicate() for process in started]
    assert [process.returncode for process in started] == [0, 0], answers
    assert sorted(out for out, _ in answers) == [b"0", b"2"]
    assert len(list((golden_store.data_dir / "backups" / "upgrades").iterdir())) == 1


def test_a_store_of_a_later_release_opens_when_that_release_allows_it(
    database: Database, workspace: Workspace
) -> None:
    wire()
    pretend_later(database, workspace, "0001")
    database.create_stores(workspace)  # nothing to do, nothing refused
    shop = RuleShop(database, workspace).open()
    assert shop.customer(name="Works on") == 1


def test_a_store_of_a_later_release_is_refused_in_words(
    database: Database, workspace: Workspace
) -> None:
    pretend_later(database, workspace, "9000")
    with pytest.raises(StoreRefused) as refused:
        database.create_stores(workspace)
    assert "newer version" in refused.value.message("en")


def test_tables_of_somebody_else_are_refused_in_words(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "main.db").execute("CREATE TABLE theirs (x)")
    database = Database("", tmp_path)
    with pytest.raises(StoreRefused) as refused:
        bring_up(database, tmp_path / "backups", print)
    database.close()
    assert "theirs" in refused.value.message("zh-Hans")


def pretend_later(database: Database, workspace: Workspace, oldest: str) -> None:
    """As a release of the future left the store."""
    with database.store_tx(workspace.store) as connection:
        version = sa.table("alembic_version", sa.column("version_num"))
        connection.execute(version.update().values(version_num="9999"))
        write_note(connection, "works-with", {"oldest": oldest}, now=database.clock())
