"""S31: an archive from outside is data; it names no path, no table and no code of its choosing."""

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from regulars.platform.backups.archive import MANIFEST, BadArchive
from regulars.platform.backups.making import Order, make_backup
from regulars.platform.backups.restoring import Restoring
from regulars.platform.backups.service import look_into, restore_over
from regulars.platform.db import Database, Workspace
from regulars.platform.hold import find_hold
from regulars.wiring import wire

Members = list[tuple[tarfile.TarInfo, bytes]]


@pytest.fixture
def members(database: Database, workspace: Workspace, tmp_path: Path) -> Members:
    """A sound archive, taken apart."""
    wire()
    order = Order("workspace", [workspace], tmp_path / "sound.tar.gz", database.clock())
    make_backup(database, order, lambda _done, _total: None)
    with tarfile.open(order.path) as tar:
        return [(info, tar.extractfile(info).read()) for info in tar]  # type: ignore[union-attr]


def written(path: Path, members: Members) -> Path:
    """The members with checksums that fit: whoever forges an archive can add up, too."""
    sums = {i.name: hashlib.sha256(c).hexdigest() for i, c in members[:-1]}
    body = json.dumps(sums).encode()
    with tarfile.open(path, "w:gz") as tar:
        for info, content in [*members[:-1], (tarfile.TarInfo("checksums.json"), body)]:
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


def attempt(database: Database, workspace: Workspace, path: Path) -> BadArchive:
    """The refusal; the store must be as it was."""
    job = Restoring(database, path, database.clock(), lambda _done, _total: None)
    with pytest.raises(BadArchive) as refused:
        restore_over(look_into(path), workspace, job)
    with database.workspace_tx(workspace) as uow:
        assert find_hold(uow) is None
    return refused.value


def entry(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


@pytest.mark.one_database
@pytest.mark.parametrize(
    "planted",
    [
        entry("../../outside.txt"),
        entry("blobs/w_1/../../outside.txt"),
        entry("/etc/cron.d/outside"),
        entry("blobs/w_1/..\\outside.txt"),
        entry("blobs/w_1/a\x00b"),
        entry("blobs/w_1/link", tarfile.SYMTYPE, "/etc/passwd"),
        entry("blobs/w_1/link", tarfile.LNKTYPE, "../../secret_key"),
        entry("blobs/w_1/device", tarfile.CHRTYPE),
        entry("blobs/w_1/folder/", tarfile.DIRTYPE),
    ],
    ids=lambda info: f"{info.name!r}-{info.type!r}",
)
def test_a_member_that_points_elsewhere_is_refused(
    database: Database,
    workspace: Workspace,
    members: Members,
    tmp_path: Path,
    planted: tarfile.TarInfo,
) -> None:
    path = written(tmp_path / "evil.tar.gz", [*members[:-1], (planted, b""), members[-1]])
    before = {each for each in tmp_path.rglob("*") if "-wal" not in each.name}
    attempt(database, workspace, path)
    after = {each for each in tmp_path.rglob("*") if "-wal" not in each.name}
    assert {each.name for each in after - before} <= {
        "blobs",
        workspace.store,
        f"{workspace.store}.db-shm",
    }
    assert not (tmp_path.parent / "outside.txt").exists()


def tables(members: Members) -> tuple[int, dict[str, Any]]:
    """Where the description of the tables stands, and what it says."""
    place = next(n for n, (info, _) in enumerate(members) if info.name.endswith("tables.json"))
    return place, json.loads(members[place][1])


@pytest.mark.one_database
@pytest.mark.parametrize(
    "name",
    ['f_x"; DROP TABLE member; --', "sqlite_master", "pg_class", "F_UPPER", "", "x" * 64, None],
)
def test_a_table_with_a_name_that_we_never_write_is_refused(
    database: Database, workspace: Workspace, members: Members, tmp_path: Path, name: Any
) -> None:
    place, about = tables(members)
    column = {"name": "id", "kind": "integer", "required": True, "default": None, "key": 1}
    about["tables"].append({"name": name, "columns": [column], "indexes": [], "last_id": None})
    members[place] = (members[place][0], json.dumps(about).encode())
    refused = attempt(database, workspace, written(tmp_path / "evil.tar.gz", members))
    assert refused.code == "backup-foreign"


@pytest.mark.one_database
@pytest.mark.parametrize(
    "column",
    [
        {"name": "x); DROP TABLE member; --", "kind": "text"},
        {"name": "x", "kind": "xml"},
        {"name": "x", "kind": "text", "collate": "nocase"},
        {"name": ["x"], "kind": "text"},
        "x",
    ],
)
def test_a_column_that_we_never_write_is_refused(
    database: Database, workspace: Workspace, members: Members, tmp_path: Path, column: Any
) -> None:
    place, about = tables(members)
    more = {"name": "f_evil", "columns": [column], "indexes": [], "last_id": None}
    about["tables"].append(more)
    members[place] = (members[place][0], json.dumps(about).encode())
    refused = attempt(database, workspace, written(tmp_path / "evil.tar.gz", members))
    assert refused.code == "backup-foreign"


def test_rows_that_break_the_store_are_refused_and_it_stays_as_it_was(
    database: Database, workspace: Workspace, members: Members, tmp_path: Path
) -> None:
    place, about = tables(members)
    shape = next(each for each in about["tables"] if each["name"] == "unit")
    about["rows"]["unit"] = 2
    members[place] = (members[place][0], json.dumps(about).encode())
    row = [1 if c["kind"] in ("integer", "flag") else "A" for c in shape["columns"]]
    twice = "\n".join([json.dumps(row)] * 2).encode()
    rows = (tarfile.TarInfo(f"stores/{workspace.store}/rows/unit/000000.jsonl"), twice)
    members.insert(place + 1, rows)
    attempt(database, workspace, written(tmp_path / "evil.tar.gz", members))


@pytest.mark.one_database
def test_a_bomb_is_refused_before_it_unfolds(
    database: Database, workspace: Workspace, members: Members, tmp_path: Path
) -> None:
    bomb = (tarfile.TarInfo(f"blobs/{workspace.store}/zeros"), bytes(80 * 1024 * 1024))
    path = written(tmp_path / "bomb.tar.gz", [*members[:-1], bomb, members[-1]])
    assert attempt(database, workspace, path).code == "backup-too-large"


@pytest.mark.one_database
@pytest.mark.parametrize("kept", [0.0, 0.1, 0.5, 0.9])
def test_a_file_that_was_cut_or_changed_is_refused(
    database: Database, workspace: Workspace, tmp_path: Path, members: Members, kept: float
) -> None:
    sound = (tmp_path / "sound.tar.gz").read_bytes()
    path = tmp_path / "cut.tar.gz"
    path.write_bytes(sound[: int(len(sound) * kept)])
    attempt_or_unreadable(database, workspace, path)
    raw = gzip.decompress(sound).replace(b'"shop"', b'"sh0p"', 1)
    path.write_bytes(gzip.compress(raw))
    attempt_or_unreadable(database, workspace, path)


def attempt_or_unreadable(database: Database, workspace: Workspace, path: Path) -> None:
    """Whether it is noticed at the first look or later does not matter."""
    try:
        look_into(path)
    except BadArchive:
        return
    attempt(database, workspace, path)


@pytest.mark.one_database
def test_a_manifest_that_is_none_is_refused(tmp_path: Path) -> None:
    for content in (b"[]", b"{}", b'{"format": 1}', b"\xff", b'{"format": 1, "scope": []}'):
        path = tmp_path / "odd.tar.gz"
        with tarfile.open(path, "w:gz") as tar:
            info = tarfile.TarInfo(MANIFEST)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        with pytest.raises(BadArchive):
            look_into(path)
