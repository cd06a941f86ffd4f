"""S31: what a file is called never becomes a path, and no link in the folder is followed."""

import io
from pathlib import Path

import pytest

from regulars.platform.accounts.access import system_access
from regulars.platform.blobs import service
from regulars.platform.blobs.folder import BlobFolder
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.errors import NotFound

OWNER = system_access("en")
NAMES = {
    "../../etc/passwd": "passwd",
    "..%2f..%2fx": "..%2f..%2fx".strip(" ."),
    "/absolute/a.txt": "a.txt",
    "C:\\temp\\b.txt": "b.txt",
    "nul\x00.png": "nul.png",
    "abc\u202egpj.exe": "abcgpj.exe",
    "..": "file",
    "": "file",
    "x" * 300 + ".pdf": "x" * 116 + ".pdf",
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.one_database
def test_a_name_is_only_shown(uow: UnitOfWork, name: str) -> None:
    made = service.take_in(uow, OWNER, name, io.BytesIO(b"text"))
    assert made.name == NAMES[name]
    assert len(made.name) <= 120
    root = uow.database.data_dir / "blobs"
    (path,) = (each for each in root.rglob("*") if each.is_file())
    assert path == root / uow.workspace.store / made.key[:2] / made.key


@pytest.mark.parametrize(
    "key", ["../../main.db", "a" * 31, "A" * 32, "0" * 32 + "/x", "0" * 31 + "\x00", "..", ""]
)
def test_only_random_names_lead_into_the_folder(tmp_path: Path, key: str) -> None:
    folder = BlobFolder(tmp_path / "blobs")
    for act in (folder.open, folder.remove, lambda k: folder.put(k, b"x")):
        with pytest.raises(NotFound):
            act(key)
    assert list(tmp_path.rglob("*")) == []


def test_a_link_in_the_folder_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    folder, key = BlobFolder(tmp_path / "blobs"), "ab" + "0" * 30
    (tmp_path / "blobs" / "ab").mkdir(parents=True)
    (tmp_path / "blobs" / "ab" / key).symlink_to(secret)
    with pytest.raises(NotFound):
        folder.open(key)
    folder.put(key, b"new")
    assert secret.read_text() == "secret"
    with folder.open(key) as source:
        assert source.read() == b"new"


def test_each_workspace_has_its_own_folder(database: Database, workspace: Workspace) -> None:
    with database.workspace_tx(workspace) as uow:
        service.take_in(uow, OWNER, "a.txt", io.BytesIO(b"a"))
    assert [each.name for each in (database.data_dir / "blobs").iterdir()] == [workspace.store]
