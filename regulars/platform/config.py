"""Settings from the environment, read once at the start of a process."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from regulars.platform import secret_keys
from regulars.platform.errors import BadConfig as BadConfig

BACKUP_DIR = "REGULARS_BACKUP_DIR"
STORES_READY = "REGULARS_STORES_READY"


@dataclass(frozen=True)
class Config:
    """How this installation runs. ``database_url`` empty means SQLite files in ``data_dir``."""

    data_dir: Path
    database_url: str = field(default="", repr=False)  # holds a password, as others below
    redis_url: str = field(default="", repr=False)
    redis_bin: str = ""
    secret_key: str = field(default="", repr=False)
    old_secret_keys: tuple[str, ...] = field(default=(), repr=False)
    base_url: str = "http://127.0.0.1:8000"
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 3
    smtp_url: str = field(default="", repr=False)
    trusted_proxies: int = 0
    log_level: str = "INFO"
    log_dir: Path | None = None
    metrics_token: str = field(default="", repr=False)
    api_limit: int = 600  # requests of one key in a minute
    backup_folder: Path | None = None
    stores_ready: bool = False  # the supervisor has brought them up before it started this part

    @property
    def backup_dir(self) -> Path:
        """Where backups go; another disk is a better place than the usual one."""
        return self.backup_folder or self.data_dir / "backups"

    @property
    def is_https(self) -> bool:
        """Whether the public address is https, so that cookies may be Secure."""
        return self.base_url.startswith("https://")

    @property
    def secret_keys(self) -> tuple[str, ...]:
        """Every key, newest first: it signs and seals, older ones are still understood."""
        return (self.secret_key, *self.old_secret_keys)

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] | None = None) -> Config:
        """Read every ``REGULARS_*`` variable; a bad one raises BadConfig naming it."""
        env = os.environ if environ is None else environ
        data_dir = Path(env.get("REGULARS_DATA_DIR", "data")).resolve()
        port = _number(env, "REGULARS_PORT", 8000)
        keys = secret_keys.read_keys(env, data_dir)
        host = env.get("REGULARS_HOST", "127.0.0.1")
        return cls(
            data_dir=data_dir,
            database_url=env.get("REGULARS_DATABASE_URL", ""),
            redis_url=env.get("REGULARS_REDIS_URL", ""),
            redis_bin=env.get("REGULARS_REDIS_BIN", ""),
            secret_key=keys[0] if keys else "",
            old_secret_keys=keys[1:],
            base_url=env.get("REGULARS_BASE_URL", f"http://{host}:{port}").rstrip("/"),
            host=host,
            port=port,
            workers=_number(env, "REGULARS_WORKERS", 3),
            smtp_url=env.get("REGULARS_SMTP_URL", ""),
            trusted_proxies=_number(env, "REGULARS_TRUSTED_PROXIES", 0),
            log_level=env.get("REGULARS_LOG_LEVEL", "INFO").upper(),
            log_dir=Path(env["REGULARS_LOG_DIR"]) if env.get("REGULARS_LOG_DIR") else None,
            metrics_token=_token(env),
            api_limit=_number(env, "REGULARS_API_LIMIT", 600),
            backup_folder=Path(folder).resolve() if (folder := env.get(BACKUP_DIR)) else None,
            stores_ready=env.get(STORES_READY) == "yes",
        )


def _token(env: Mapping[str, str]) -> str:
    """What opens the figures to whoever collects them; as hard to guess as a key."""
    token = env.get("REGULARS_METRICS_TOKEN", "")
    if token and (fault := secret_keys.weakness(token)):
        raise BadConfig(f"REGULARS_METRICS_TOKEN is {fault}.")
    return token


def _number(env: Mapping[str, str], name: str, default: int) -> int:
    raw = env.get(name, "")
    if not raw:
        return default
    if not raw.isdecimal():
        raise BadConfig(f"{name} must be a whole number, not {raw!r}.")
    return int(raw)
