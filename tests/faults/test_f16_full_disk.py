"""F16: no room is left. Reading goes on, saving is refused in words, nothing is half written, and
once there is room again everything goes on by itself."""

import resource
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from regulars.form_builder import records
from regulars.form_builder.querying import RecordQuery
from regulars.platform.accounts.access import system_access
from tests.support.busy_shop import LAPSED_PEOPLE, PEOPLE, assert_all_done, finish
from tests.support.rule_faults import LedgerMailer, in_child, promises_kept, wait_for
from tests.support.rule_shop import RuleShop
from tests.support.shop_forms import publish_forms
from tests.support.site import Site

ACCESS = system_access("en")
URL = "/api/v1/forms/customers/records"
FULL = """
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'could not extend file: No space left' USING ERRCODE = '53100'; END $$
"""


def limit_files(path: Path, room: int) -> None:
    """From now on this process can make no file longer than the store's is, and a little."""
    biggest = max(each.stat().st_size for each in path.parent.glob(path.name + "*"))
    resource.setrlimit(resource.RLIMIT_FSIZE, (biggest + room, resource.RLIM_INFINITY))


def test_f16_saving_into_a_full_disk_is_refused_in_words_and_reading_goes_on(site: Site) -> None:
    database, workspace = site.database, site.workspace
    with database.workspace_tx(workspace) as uow:
        publish_forms(uow)
    headers, client = site.token(), site.visitor()
    saved = client.post(URL, json={"name": "before"}, headers=headers)
    assert saved.status_code == 201

    def fill() -> None:
        answers = []
        if database.is_sqlite:
            limit_files(database.path_of(workspace.store), 40_000)
        while not answers or (answers[-1].status_code == 201 and len(answers) < 300):
            more = {"name": "x" * 200}
            answers.append(client.post(URL, json=more, headers=headers))
        assert answers[-1].status_code == 503
        assert answers[-1].json is not None
        assert answers[-1].json["code"] == "busy"
        assert client.get(URL, headers=headers).status_code == 200
        stored.write_text(str(len(answers) - 1))

    stored = database.data_dir / "stored"
    if not database.is_sqlite:
        plain = database.url.replace("postgresql+psycopg", "postgresql")
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(FULL)
            connection.execute(
                f"CREATE TRIGGER full_disk AFTER INSERT ON {workspace.store}.f_customers "
                "EXECUTE FUNCTION full_disk()"
            )
            assert wait_for(in_child(database, "", fill)) == 0
            connection.execute("DROP FUNCTION full_disk CASCADE")
    else:
        assert wait_for(in_child(database, "", fill)) == 0
    assert client.post(URL, json={"name": "after"}, headers=headers).status_code == 201
    with database.workspace_tx(workspace, write=False) as uow:
        query = RecordQuery(limit=1, count=True)
        assert records.find_records(uow, ACCESS, "customers", query).total == 2 + int(
            stored.read_text()
        )
    promises_kept(database, workspace)


@contextmanager
def full_for(shop: RuleShop, table: str) -> Iterator[None]:
    """No row more fits into this table."""
    plain = shop.database.url.replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(FULL)
        connection.execute(
            f"CREATE TRIGGER full_disk BEFORE INSERT ON {shop.workspace.store}.{table} "
            "EXECUTE FUNCTION full_disk()"
        )
        yield
        connection.execute("DROP FUNCTION full_disk CASCADE")


@pytest.mark.parametrize("room", [0, 30_000, 120_000])
def test_f16_rules_go_on_where_the_disk_was_full(
    busy: RuleShop, mailer: LedgerMailer, room: int
) -> None:
    database = busy.database
    path = database.path_of(busy.workspace.store)

    def work() -> None:
        if database.is_sqlite:
            limit_files(path, room)
        finish(busy, mailer)

    if not database.is_sqlite:
        with full_for(busy, {0: "run", 30_000: "outbound", 120_000: "run_step"}[room]):
            assert wait_for(in_child(database, "", work)) in (0, 1)
        assert len(busy.messages()) < 2 * PEOPLE + LAPSED_PEOPLE  # it was in the way
    else:
        assert wait_for(in_child(database, "", work)) in (0, 1)
        with sqlite3.connect(path) as plain:
            assert plain.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        plain.close()
    finish(busy, mailer)
    assert_all_done(busy, mailer)
