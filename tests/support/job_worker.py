"""A worker process with a few kinds of work; run by the tests of jobs.

``python -m tests.support.job_worker URL FOLDER``: each job writes what it did into FOLDER.
"""

import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from regulars.platform import leash
from regulars.platform.job_worker import run_worker
from regulars.platform.signed_jobs import JobKind

SECRET = "a secret that is only good for tests, long enough"


def kinds(folder: Path) -> tuple[JobKind, ...]:
    """``note`` writes its payload, ``drain`` appends a line, ``slow`` takes its time."""

    def note(payload: Mapping[str, Any]) -> None:
        (folder / "note").write_text(str(payload["text"]), encoding="utf-8")

    def drain(_payload: Mapping[str, Any]) -> None:
        with (folder / "drained").open("a", encoding="utf-8") as lines:
            lines.write(f"{os.getpid()}\n")

    def slow(payload: Mapping[str, Any]) -> None:
        (folder / "slow-begun").write_text(str(os.getpid()), encoding="utf-8")
        time.sleep(float(payload["seconds"]))
        (folder / "slow-done").write_text("", encoding="utf-8")

    return (
        JobKind("note", "interactive", note),
        JobKind("drain", "rules", drain),
        JobKind("slow", "long", slow, timeout=30),
    )


if __name__ == "__main__":
    leash.hold()
    run_worker(sys.argv[1], SECRET, kinds(Path(sys.argv[2])), ("interactive", "rules", "long"), ())
