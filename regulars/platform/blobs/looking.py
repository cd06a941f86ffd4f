"""What a file really is, found in its bytes, and pictures made safe and small.

A name or a declared type is never believed. Pictures are decoded and written anew, which leaves
behind what was hidden in them (scripts, places, second files); everything that is not on the list
is handed out as mere bytes to download.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass

import filetype
from PIL import Image, ImageOps, UnidentifiedImageError

KNOWN = frozenset({
    "application/pdf", "application/zip", "application/msword", "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint", "audio/mpeg", "audio/x-wav", "audio/ogg", "video/mp4",
    "video/quicktime", "video/webm",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
})  # fmt: skip
PICTURES = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "WEBP": "image/webp"}
BYTES = "application/octet-stream"
MOST_PIXELS = 50_000_000
LARGEST_SIDE = 4000
THUMBNAIL = 320


@dataclass(frozen=True)
class Look:
    """What was found: the bytes to keep, their type, and for pictures size and thumbnail."""

    content: bytes
    media_type: str
    width: int | None = None
    height: int | None = None
    thumbnail: bytes | None = None


def look_at(content: bytes) -> Look:
    """The file as it is kept and handed out."""
    picture = _picture(content)
    if picture is not None:
        return picture
    guess = filetype.guess(content[:8192])
    name = guess.mime if guess is not None else BYTES
    return Look(content, name if name in KNOWN else BYTES)


def _picture(content: bytes) -> Look | None:
    """A decoded and newly written picture; None for what is none, or too large to be opened."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=list(PICTURES)) as source:
                if source.width * source.height > MOST_PIXELS:
                    return None
                kind = str(source.format)
                turned = ImageOps.exif_transpose(source)
    except (
        UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ):  # fmt: skip
        return None
    turned.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    whole = _written(turned, kind)
    small = turned.copy()
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    return Look(whole, PICTURES[kind], turned.width, turned.height, _written(small, "PNG"))


def _written(picture: Image.Image, kind: str) -> bytes:
    out = io.BytesIO()
    if kind == "JPEG":
        picture.convert("RGB").save(out, kind, quality=88)
    else:
        mode = picture.mode if picture.mode in ("RGB", "RGBA", "L", "LA") else "RGBA"
        picture.convert(mode).save(out, kind)
    return out.getvalue()
