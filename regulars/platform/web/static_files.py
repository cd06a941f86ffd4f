"""Static files under an address that changes with their content, so browsers keep them for a year.

The whole tree shares one version (``/static/<version>/…``): relative imports between modules and
relative addresses in style sheets stay inside it.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from functools import cache
from importlib import resources
from pathlib import Path

from flask import Blueprint, Response, abort, request
from werkzeug.security import safe_join

from regulars.platform.web.permissions import open_to_all

blueprint = Blueprint("static_files", __name__)

_YEAR = 365 * 24 * 3600
_PACKED = {".js", ".css", ".svg", ".json", ".txt", ".webmanifest", ".wasm"}
# The machine's own table may map .js to text/plain (it does on some Windows installations).
_TYPES = {
    ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
}  # fmt: skip
_POLICIES = {
    # what reads codes out of pictures is compiled; it may be in its own worker, never in a page
    "js/decoder.js": "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"
}

_WORKERS = {"js/till_worker.js": "/w/"}
"""Scripts that keep pages on a device, and below which address they may be asked to do so."""


def root() -> Path:
    """The folder that is served."""
    return Path(str(resources.files("regulars") / "static"))


@cache
def version() -> str:
    """Twelve hex digits over every served file."""
    digest = hashlib.sha256()
    for path in sorted(root().rglob("*")):
        if path.is_file() and path.suffix != ".gz":
            digest.update(path.relative_to(root()).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def static_url(name: str) -> str:
    """The address of one static file, for example ``js/app.js``."""
    return f"/static/{version()}/{name}"


@blueprint.get("/static/<stamp>/<path:name>")
@open_to_all
def serve(stamp: str, name: str) -> Response:
    """One file; an old version's address gets the file of today, not kept."""
    found = safe_join(str(root()), name)
    path = Path(found) if found else None
    if path is None or not path.is_file():
        abort(404)
    response = Response(mimetype=_TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0])
    response.set_data(_body(path, response))
    if name in _WORKERS:
        response.headers["Service-Worker-Allowed"] = _WORKERS[name]
    if name in _POLICIES:
        response.headers["Content-Security-Policy"] = _POLICIES[name]
    response.cache_control.public = True
    response.cache_control.max_age = _YEAR if stamp == version() else 0
    response.cache_control.immutable = stamp == version()
    return response


def _body(path: Path, response: Response) -> bytes:
    if path.suffix not in _PACKED or "gzip" not in request.headers.get("Accept-Encoding", ""):
        return path.read_bytes()
    response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    return _packed(path, path.stat().st_mtime_ns)


@cache
def _packed(path: Path, _changed: int) -> bytes:
    ready = path.with_name(path.name + ".gz")
    return ready.read_bytes() if ready.is_file() else gzip.compress(path.read_bytes(), 6)
