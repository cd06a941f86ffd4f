"""S24: whoever knows the key can forge anything, so a weak or well-known one starts nothing."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from regulars.app import create_app
from regulars.cli import main
from regulars.platform import secret_keys
from regulars.platform.config import BadConfig, Config
from regulars.platform.db import Database
from tests.support import house, job_worker, live_server, site

KEY = re.compile(
    r"""^[ \t]*\w*SECRET\w*\s*[=:]\s*(?:"([^"\n]{32,})"|'([^'\n]{32,})'|([^"'()\s]{32,}))$""",
    re.IGNORECASE | re.MULTILINE,
)
WEAK = (
    "short",
    "x" * 64,
    "abab" * 16,
    "0123456789abcdef0123456789abcdef",
    "change-me-please-change-me-please-now!",
    "ThisIsMySuperSecretKeyForProduction2026",
    "correct-horse-battery-PASSWORD-staple-42",
    site.SECRET,
    live_server.SECRET,
    job_worker.SECRET,
)


@pytest.mark.parametrize("key", WEAK)
def test_s24_a_weak_or_known_key_starts_nothing(key: str, tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="REGULARS_SECRET_KEY"):
        Config.from_environ({"REGULARS_SECRET_KEY": key, "REGULARS_DATA_DIR": str(tmp_path)})
    file = tmp_path / "key"
    file.write_text(f"{key}\n", "utf-8")
    with pytest.raises(BadConfig, match="token_urlsafe"):
        Config.from_environ({"REGULARS_SECRET_KEY_FILE": str(file)})


@pytest.mark.parametrize("command", ["up", "web", "worker", "ticker"])
def test_s24_no_part_starts_with_a_weak_key(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGULARS_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("REGULARS_SECRET_KEY", "changeme")
    result = CliRunner().invoke(main, [command])
    assert result.exit_code == 1
    assert "REGULARS_SECRET_KEY" in result.output
    assert "Traceback" not in result.output
    assert "changeme" not in result.output


def test_s24_without_a_key_there_is_no_application(database: Database, tmp_path: Path) -> None:
    with pytest.raises(BadConfig):
        create_app(Config(data_dir=tmp_path), database)


def test_s24_an_empty_or_missing_key_file_starts_nothing(tmp_path: Path) -> None:
    file = tmp_path / "key"
    with pytest.raises(BadConfig, match="not there"):
        Config.from_environ({"REGULARS_SECRET_KEY_FILE": str(file)})
    file.write_text("\n", "utf-8")
    with pytest.raises(BadConfig, match="holds no key"):
        Config.from_environ({"REGULARS_SECRET_KEY_FILE": str(file)})


def test_s24_a_key_file_that_others_may_read_starts_nothing(tmp_path: Path) -> None:
    file = tmp_path / secret_keys.FILE
    file.write_text(secret_keys.new_key(), "utf-8")
    file.chmod(0o640)
    with pytest.raises(BadConfig, match="chmod 600"):
        Config.from_environ({"REGULARS_DATA_DIR": str(tmp_path)})
    file.chmod(0o600)
    assert Config.from_environ({"REGULARS_DATA_DIR": str(tmp_path)}).secret_key


def test_s24_no_file_of_the_product_holds_a_key_that_would_be_taken() -> None:
    """A key that was published once is known to everybody."""
    found = [
        f"{house.name_of(path)}: {key}"
        for path in house.tracked_files()
        for groups in KEY.findall(house.read(path))
        for key in filter(None, groups)
        if not secret_keys.weakness(key)
    ]
    assert found == []


@given(st.binary(min_size=48, max_size=48))
def test_keys_like_ours_are_taken_unless_they_repeat(raw: bytes) -> None:
    key = raw.hex()
    fault = secret_keys.weakness(key)
    assert not fault or len(set(key)) < 10 or any(w in key for w in ("01234567", "12345678"))


def test_what_the_product_makes_is_strong_and_new_each_time() -> None:
    keys = {secret_keys.new_key() for _ in range(200)}
    assert len(keys) == 200
    assert [key for key in keys if secret_keys.weakness(key)] == []


def test_the_settings_never_show_their_secrets(tmp_path: Path) -> None:
    secrets = {
        "database_url": "postgresql://u:canary-1@h/d",
        "redis_url": "redis://:canary-2@h",
        "smtp_url": "smtp://u:canary-3@h",
        "secret_key": "canary-4",
        "old_secret_keys": ("canary-5",),
    }
    assert "canary" not in repr(Config(data_dir=tmp_path, **secrets))  # type: ignore[arg-type]


def test_the_file_of_keys_is_made_private_whatever_the_umask(tmp_path: Path) -> None:
    script = (
        "import os, sys; os.umask(0)\n"
        "from pathlib import Path\n"
        "from regulars.platform import data_folder, secret_keys\n"
        "data_folder.prepare(Path(sys.argv[1])); secret_keys.put_in_front(Path(sys.argv[1]))\n"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "data")], check=True)
    assert (tmp_path / "data" / secret_keys.FILE).stat().st_mode & 0o777 == 0o600
