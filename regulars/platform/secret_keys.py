"""The keys of an installation: the newest signs and seals, older ones are still understood.

They come from REGULARS_SECRET_KEY, from the file REGULARS_SECRET_KEY_FILE, or from the file that
the first start leaves in the data folder: one key a line (or separated by spaces), newest first.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path

from regulars.platform.errors import BadConfig

FILE = "secret_key"
SHORTEST = 32
_FEWEST_SIGNS = 10
_FEWEST_REPEATS = 16  # signs before a key may begin again
_WELL_KNOWN = (
    "changeme", "change-me", "change_me", "change this", "changethis", "secret-key", "secret_key",
    "secretkey", "your-secret", "yoursecret", "supersecret", "super-secret", "super secret",
    "mysecret", "my-secret", "my secret", "password", "passw0rd", "insecure", "default",
    "only good for tests", "example", "placeholder", "01234567", "12345678", "abcdefgh",
    "qwertyui",
)  # fmt: skip


def new_key() -> str:
    """A fresh key: 384 random bits."""
    return secrets.token_urlsafe(48)


def read_keys(env: Mapping[str, str], data_dir: Path) -> tuple[str, ...]:
    """Every key, newest first; none before the first start. BadConfig for one that is weak."""
    given = env.get("REGULARS_SECRET_KEY", "")
    if given:
        return _checked(given.split(), "REGULARS_SECRET_KEY")
    named = env.get("REGULARS_SECRET_KEY_FILE", "")
    path = Path(named) if named else data_dir / FILE
    if not path.is_file():
        if named:
            raise BadConfig(f"REGULARS_SECRET_KEY_FILE names {path}, which is not there.")
        return ()
    if not named:
        _require_private(path)
    return _checked(path.read_text("utf-8").split(), str(path))


def weakness(key: str) -> str:
    """What is wrong with a key, in words after "is"; empty when it is good."""
    if len(key) < SHORTEST:
        return f"shorter than {SHORTEST} characters"
    if len(set(key)) < _FEWEST_SIGNS or (key + key).find(key, 1) < _FEWEST_REPEATS:
        return "made of too few different characters"
    plain = key.casefold()
    if any(word in plain for word in _WELL_KNOWN):
        return "one that others may know"
    return ""


def put_in_front(data_dir: Path) -> str:
    """Make a new key the newest one of the data folder's file; the older ones stay behind it."""
    path = data_dir / FILE
    fresh = new_key()
    _replace(path, [fresh, *path.read_text("utf-8").split()])
    return fresh


def keep_newest(data_dir: Path) -> int:
    """Forget all keys of the file but the newest; how many were forgotten."""
    path = data_dir / FILE
    keys = path.read_text("utf-8").split()
    _replace(path, keys[:1])
    return len(keys) - 1


def _replace(path: Path, keys: list[str]) -> None:
    """In one step, so that a power cut leaves the old file or the new one."""
    beside = path.with_name(f"{path.name}.new")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("".join(f"{key}\n" for key in keys))
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _checked(keys: list[str], where: str) -> tuple[str, ...]:
    if not keys:
        raise BadConfig(f"{where} holds no key. {_CURE}")
    for key in keys:
        if fault := weakness(key):
            raise BadConfig(f"A key in {where} is {fault}. {_CURE}")
    return tuple(keys)


def _require_private(path: Path) -> None:
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise BadConfig(
            f"Others on this machine may read {path}. Close it with: chmod 600 {path} "
            "(and make a new key afterwards: regulars secret rotate)."
        )


_CURE = (
    "Make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(48))', "
    "and keep it the same on every host."
)
