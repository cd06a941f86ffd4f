"""Settings from the environment, read once at the start of a process."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


class BadConfig(ValueError):
    """A setting that cannot work; the text names the variable and the cure."""


@dataclass(frozen=True)
class Config:
    """How this installation runs. ``database_url`` empty means SQLite files in ``data_dir``."""

    data_dir: Path
    database_url: str = ""
    redis_url: str = ""
    redis_bin: str = ""
    secret_key: str = ""
    base_url: str = "http://127.0.0.1:8000"
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 3
    smtp_url: str = ""
    trusted_proxies: int = 0
    log_level: str = "INFO"

    @property
    def is_https(self) -> bool:
        """Whether the public address is https, so that cookies may be Secure."""
        return self.base_url.startswith("https://")

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] | None = None) -> Config:
        """Read every ``REGULARS_*`` variable; a bad one raises BadConfig naming it."""
        env = os.environ if environ is None else environ
        data_dir = Path(env.get("REGULARS_DATA_DIR", "data")).resolve()
        port = _number(env, "REGULARS_PORT", 8000)
        host = env.get("REGULARS_HOST", "127.0.0.1")
        return cls(
            data_dir=data_dir,
            database_url=env.get("REGULARS_DATABASE_URL", ""),
            redis_url=env.get("REGULARS_REDIS_URL", ""),
            redis_bin=env.get("REGULARS_REDIS_BIN", ""),
            secret_key=_secret(env, data_dir),
            base_url=env.get("REGULARS_BASE_URL", f"http://{host}:{port}").rstrip("/"),
            host=host,
            port=port,
            workers=_number(env, "REGULARS_WORKERS", 3),
            smtp_url=env.get("REGULARS_SMTP_URL", ""),
            trusted_proxies=_number(env, "REGULARS_TRUSTED_PROXIES", 0),
            log_level=env.get("REGULARS_LOG_LEVEL", "INFO").upper(),
        )


def _number(env: Mapping[str, str], name: str, default: int) -> int:
    raw = env.get(name, "")
    if not raw:
        return default
    if not raw.isdecimal():
        raise BadConfig(f"{name} must be a whole number, not {raw!r}.")
    return int(raw)


def _secret(env: Mapping[str, str], data_dir: Path) -> str:
    """The given key, the key in a file, or the one kept beside the data (made at first start)."""
    given = env.get("REGULARS_SECRET_KEY", "")
    if given:
        if len(given) < 32:
            raise BadConfig("REGULARS_SECRET_KEY needs at least 32 random characters.")
        return given
    path = Path(env.get("REGULARS_SECRET_KEY_FILE", str(data_dir / "secret_key")))
    if not path.is_file():
        return ""
    key = path.read_text("ascii").strip()
    if len(key) < 32:
        raise BadConfig(f"The secret in {path.name} is shorter than 32 characters.")
    return key
