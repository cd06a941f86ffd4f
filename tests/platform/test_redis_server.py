import os
from pathlib import Path

import pytest

from regulars.platform import redis_server
from regulars.platform.config import BadConfig, Config


def test_a_configured_server_is_used_as_it_is(tmp_path: Path) -> None:
    config = Config(data_dir=tmp_path, redis_url="redis://cache.example:6379/3")
    assert redis_server.url_for(config) == "redis://cache.example:6379/3"


def test_a_named_program_comes_before_the_bundled_one(tmp_path: Path) -> None:
    program = tmp_path / "my-redis"
    program.write_text("#!/bin/sh\n", encoding="ascii")
    program.chmod(0o755)
    config = Config(data_dir=tmp_path, redis_bin=str(program))
    assert redis_server.find_program(config) == program


def test_a_named_program_that_is_absent_is_an_error_and_not_ignored(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="REGULARS_REDIS_BIN"):
        redis_server.find_program(Config(data_dir=tmp_path, redis_bin="/nowhere/redis"))


def test_a_long_data_folder_gets_a_short_socket(tmp_path: Path) -> None:
    long = tmp_path / ("很长的文件夹名" * 10)
    socket = redis_server.socket_path(long)
    assert len(os.fsencode(socket)) <= 103
    assert socket == redis_server.socket_path(long)
    assert socket != redis_server.socket_path(tmp_path / "another")


def test_the_servers_folder_is_private(tmp_path: Path) -> None:
    redis_server.start_command(Path("server"), tmp_path)
    assert (tmp_path / "redis").stat().st_mode & 0o777 == 0o700


def test_nobody_waits_for_ever(tmp_path: Path) -> None:
    assert not redis_server.wait_until_ready(f"unix://{tmp_path}/absent.sock", 0.1)
