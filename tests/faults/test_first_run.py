"""The first start may be interrupted anywhere; the next one ends in the same whole shop."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from regulars import wiring
from regulars.cli import first_run
from regulars.platform import data_folder, faultpoint
from regulars.platform.accounts import signing, users
from regulars.platform.config import Config
from regulars.platform.db import Database
from regulars.platform.workspaces import list_workspaces
from regulars.seed_templates.installed import find_installed, find_sample

PREPARE = """
import sys
from regulars.cli import first_run
from regulars.platform import data_folder
from regulars.platform.config import Config
config = Config.from_environ()
data_folder.prepare(config.data_dir)
print(*first_run.prepare(config, demo=True), sep="\\n")
"""


def start(data: Path, fault: str = "") -> "subprocess.CompletedProcess[str]":
    environ = {**os.environ, "REGULARS_DATA_DIR": str(data), faultpoint.VARIABLE: fault}
    return subprocess.run(
        [sys.executable, "-c", PREPARE], env=environ, capture_output=True, text=True, check=False
    )


def config_of(data: Path) -> Config:
    return Config.from_environ({"REGULARS_DATA_DIR": str(data)})


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose first start was killed twice, at two places, and then went through."""
    data = tmp_path_factory.mktemp("interrupted")
    for place in ("D1", "D2"):
        assert start(data, f"{place}:kill").returncode == -signal.SIGKILL
    last = start(data)
    assert last.returncode == 0, last.stderr
    assert "Sign in as owner@demo.example" in last.stdout
    return data


def test_an_interrupted_first_start_is_begun_anew(interrupted: Path) -> None:
    wiring.wire()
    database = Database("", interrupted)
    (shop,) = list_workspaces(database)
    with database.workspace_tx(shop, write=False) as uow:
        assert find_installed(uow, first_run.PACK) is not None
        assert find_sample(uow, first_run.PACK) is not None
    database.close()


def test_the_next_start_adds_nothing_and_says_the_same(interrupted: Path) -> None:
    said = [start(interrupted).stdout for _ in range(2)]
    assert said[0] == said[1]
    assert "Sign in as owner@demo.example" in said[0]
    database = Database("", interrupted)
    assert len(list_workspaces(database)) == 1
    database.close()


def test_a_password_that_was_changed_is_forgotten(interrupted: Path) -> None:
    said = interrupted / first_run.SIGN_IN_FILE
    assert said.stat().st_mode & 0o777 == 0o600
    email, password = said.read_text(encoding="utf-8").split()
    database = Database("", interrupted)
    now = database.clock()
    owner = signing.check_password(database, email, password, address="", now=now)
    with database.main_tx() as connection:
        users.set_password(connection, owner, "one of my own choosing", now=now)
    database.close()

    assert "Sign in as" not in start(interrupted).stdout
    assert not said.exists()


def test_an_empty_start_prints_a_code_and_makes_no_shop(tmp_path: Path) -> None:
    data_folder.prepare(tmp_path)
    lines = first_run.prepare(config_of(tmp_path), demo=False)
    assert "one-time code" in lines[0]
    database = Database("", tmp_path)
    assert list_workspaces(database) == []
    database.close()
