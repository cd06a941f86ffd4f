"""A file as an answer that a browser cannot be made to run."""

from __future__ import annotations

from urllib.parse import quote

from werkzeug.wrappers import Response

from regulars.platform.blobs import service
from regulars.platform.blobs.looking import PICTURES
from regulars.platform.blobs.service import Blob
from regulars.platform.db import UnitOfWork

POLICY = "default-src 'none'; style-src 'none'; sandbox"
SHOWN = frozenset(PICTURES.values())


def file_answer(uow: UnitOfWork, found: Blob, *, small: bool = False) -> Response:
    """The bytes. Only pictures that we wrote anew are shown; everything else is downloaded."""
    small = small and found.has_thumbnail
    with service.open_blob(uow, found, small=small) as source:
        content = source.read()
    kind = "image/png" if small else found.media_type
    answer = Response(content, mimetype=kind)
    shown = found.is_picture and kind in SHOWN
    answer.headers["Content-Disposition"] = _disposition(found.name, inline=shown)
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    answer.headers["Cache-Control"] = "private, max-age=300"
    return answer


def _disposition(name: str, *, inline: bool) -> str:
    kind = "inline" if inline else "attachment"
    plain = "".join(c for c in name if c.isascii() and (c.isalnum() or c in " ._-")) or "file"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
