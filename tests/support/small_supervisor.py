"""A supervisor over two tiny parts and a real Valkey; run by tests/faults/test_supervision.py.

Each part writes its process id into a file of the folder given as argument. Where it can be, part
``one`` is a fork of the supervisor; ``two`` never is.
"""

import os
import sys
import time
from functools import partial
from pathlib import Path

from regulars.platform import leash, redis_server
from regulars.platform.config import Config
from regulars.platform.supervisor import Part, Supervisor, on_leash


def main(role: str, folder: Path) -> int:
    """``supervise`` keeps two ``part`` processes and a server alive."""
    if role == "supervise":
        return supervise(folder)
    leash.hold()
    write_pid(folder, role)
    while True:
        time.sleep(60)


def supervise(folder: Path) -> int:
    """Write ``ready`` when both parts have written theirs."""
    program = redis_server.find_program(Config(data_dir=folder))
    assert program is not None
    server = on_leash(redis_server.start_command(program, folder))
    me = (sys.executable, "-m", "tests.support.small_supervisor")
    inside = {"one": partial(main, "one", folder)}
    parts = [
        Part(name, (*me, name, str(folder)), inside=inside.get(name)) for name in ("one", "two")
    ]
    keeper = Supervisor([Part("valkey", server, is_base=True), *parts], say)
    return keeper.run(
        lambda: all((folder / f"{part.name}.pid").exists() for part in parts),
        lambda: write_pid(folder, "ready"),
    )


def say(text: str) -> None:
    """Into the log that the test reads."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def write_pid(folder: Path, name: str) -> None:
    """Whole or not at all."""
    draft = folder / f"{name}.draft"
    draft.write_text(str(os.getpid()), encoding="ascii")
    draft.rename(folder / f"{name}.pid")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1], Path(sys.argv[2])))
