"""The password made up for the demo's owner: kept beside the data, for their eyes only, until
they have chosen their own."""

from __future__ import annotations

import json
import os
from pathlib import Path

NAME = "first-sign-in.json"


def keep_first_password(data_dir: Path, email: str, password: str) -> None:
    """Write the file, readable by its owner alone."""
    path = data_dir / NAME
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump({"email": email, "password": password}, file)


def find_first_password(data_dir: Path) -> tuple[str, str] | None:
    """Address and password of the first sign-in while they still hold."""
    path = data_dir / NAME
    if not path.is_file():
        return None
    kept = json.loads(path.read_text(encoding="utf-8"))
    return kept["email"], kept["password"]


def forget_first_password(data_dir: Path, email: str) -> None:
    """Remove the file when it speaks of this user."""
    kept = find_first_password(data_dir)
    if kept is not None and kept[0] == email:
        (data_dir / NAME).unlink(missing_ok=True)
