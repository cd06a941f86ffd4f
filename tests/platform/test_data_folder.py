import subprocess
import sys
from pathlib import Path

import pytest

from regulars.platform import data_folder
from regulars.platform.config import Config
from regulars.platform.data_folder import FolderBusy

HOLD = """
import sys
from pathlib import Path
from regulars.platform import data_folder
with data_folder.claimed(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_folder_and_its_secret_are_private(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "data"
    data_folder.prepare(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / data_folder.SECRET_FILE).stat().st_mode & 0o777 == 0o600


def test_the_secret_is_made_once_and_found_by_the_configuration(tmp_path: Path) -> None:
    data_folder.prepare(tmp_path)
    first = Config.from_environ({"REGULARS_DATA_DIR": str(tmp_path)}).secret_key
    data_folder.prepare(tmp_path)
    assert Config.from_environ({"REGULARS_DATA_DIR": str(tmp_path)}).secret_key == first
    assert len(first) >= 32


def test_only_one_supervisor_has_a_folder(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(FolderBusy, match=str(holder.pid)), data_folder.claimed(tmp_path):
        pass

    holder.communicate("")
    with data_folder.claimed(tmp_path):
        assert (tmp_path / data_folder.LOCK_FILE).is_file()


def test_a_nearly_full_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_folder, "LEAST_FREE", 1 << 62)
    assert "nearly full" in data_folder.shortage(tmp_path)
    monkeypatch.setattr(data_folder, "LEAST_FREE", 0)
    assert data_folder.shortage(tmp_path) == ""
