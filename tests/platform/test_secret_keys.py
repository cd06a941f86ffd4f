from pathlib import Path

import pytest

from regulars.platform import data_folder, secret_keys
from regulars.platform.config import Config
from regulars.platform.signed_jobs import JobRefused, signed_serializer


def keys_of(folder: Path) -> tuple[str, ...]:
    return Config.from_environ({"REGULARS_DATA_DIR": str(folder)}).secret_keys


def test_a_new_key_comes_in_front_and_the_older_ones_stay(tmp_path: Path) -> None:
    data_folder.prepare(tmp_path)
    first = keys_of(tmp_path)
    fresh = secret_keys.put_in_front(tmp_path)
    assert keys_of(tmp_path) == (fresh, *first)
    assert secret_keys.keep_newest(tmp_path) == 1
    assert keys_of(tmp_path) == (fresh,)
    assert secret_keys.keep_newest(tmp_path) == 0


def test_several_keys_may_come_from_the_environment(tmp_path: Path) -> None:
    newer, older = secret_keys.new_key(), secret_keys.new_key()
    env = {"REGULARS_SECRET_KEY": f"{newer} {older}", "REGULARS_DATA_DIR": str(tmp_path)}
    config = Config.from_environ(env)
    assert config.secret_key == newer
    assert config.secret_keys == (newer, older)


def test_an_interrupted_change_leaves_the_old_file(tmp_path: Path) -> None:
    data_folder.prepare(tmp_path)
    before = keys_of(tmp_path)
    (tmp_path / "secret_key.new").write_text("half a k", "utf-8")
    assert keys_of(tmp_path) == before
    fresh = secret_keys.put_in_front(tmp_path)
    assert keys_of(tmp_path) == (fresh, *before)


def test_jobs_signed_with_an_older_key_are_still_done() -> None:
    older, newer = secret_keys.new_key(), secret_keys.new_key()
    waiting = signed_serializer(older).dumps({"a": 1})
    both = signed_serializer((newer, older))
    assert both.loads(waiting) == {"a": 1}
    fresh = both.dumps({"b": 2})
    assert signed_serializer(newer).loads(fresh) == {"b": 2}
    with pytest.raises(JobRefused):
        signed_serializer(older).loads(fresh)
