"""What a file really is, found in its bytes, and pictures made safe and small.

A name or a declared type is never believed. Pictures are decoded and written anew, upright and in
the colours of the web, which leaves behind what was hidden in them (scripts, places, the maker of
the camera, second files); everything that is not on the list is handed out as mere bytes to
download.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import Any

import filetype
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

KNOWN = frozenset({
    "application/pdf", "application/zip", "application/msword", "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint", "audio/mpeg", "audio/x-wav", "audio/ogg", "video/mp4",
    "video/quicktime", "video/webm",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
})  # fmt: skip
PICTURES = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "WEBP": "image/webp"}
STEREO = ("MPO", "JPEG")
"""Some phones put a second shot behind the first: a JPEG like any other once that is gone."""
BYTES = "application/octet-stream"
MOST_PIXELS = 50_000_000
LARGEST_SIDE = 4000
THUMBNAIL = 320


@dataclass(frozen=True)
class Look:
    """What was found: the bytes to keep, their type, and for pictures size and thumbnail.

    ``why_not`` is the code of why it cannot be shown as a picture; "" where it can.
    """

    content: bytes
    media_type: str
    width: int | None = None
    height: int | None = None
    thumbnail: bytes | None = None
    why_not: str = ""


class _NoPicture(Exception):
    """These bytes are not shown as a picture; the message is the code of why."""


def look_at(content: bytes) -> Look:
    """The file as it is kept and handed out."""
    try:
        return _picture(content)
    except _NoPicture as reason:
        guess = filetype.guess(content[:8192])
        name = guess.mime if guess is not None else BYTES
        return Look(content, name if name in KNOWN else BYTES, why_not=str(reason))


def _picture(content: bytes) -> Look:
    """A decoded and newly written picture; its size is looked at before anything is decoded."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=list(PICTURES)) as source:
                kind = str(source.format).replace(*STEREO)
                plain = _plain(source)
    except UnidentifiedImageError:
        raise _NoPicture("picture-format") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _NoPicture("picture-too-large") from None
    except (OSError, ValueError, SyntaxError, EOFError):
        raise _NoPicture("picture-broken") from None
    whole = _written(plain, kind)
    small = plain.copy()
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    return Look(whole, PICTURES[kind], plain.width, plain.height, _written(small, "PNG"))


def _plain(source: Image.Image) -> Image.Image:
    """The bare points of a picture that stands still: upright, no larger than a screen needs."""
    if source.width * source.height > MOST_PIXELS:
        raise _NoPicture("picture-too-large")
    if getattr(source, "is_animated", False) and source.format != STEREO[0]:
        raise _NoPicture("picture-animated")
    if source.format == "JPEG":
        source.draft(
            "RGB", (LARGEST_SIDE, LARGEST_SIDE)
        )  # a large JPEG is decoded smaller at once
    ImageOps.exif_transpose(source, in_place=True)
    source.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    plain = _in_web_colours(source, "RGBA" if source.has_transparency_data else "RGB")
    plain.info = {}  # comments, places and profiles stay behind
    return plain


def _in_web_colours(picture: Image.Image, mode: str) -> Image.Image:
    """The picture in sRGB; a colour profile that cannot be read is passed over."""
    profile: Any = picture.info.get("icc_profile")
    if profile and picture.mode in ("RGB", "CMYK"):
        try:
            read = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            made = ImageCms.profileToProfile(
                picture, read, ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
            if made is not None:
                return made.convert(mode)
        except (ImageCms.PyCMSError, OSError):
            pass
    return picture.convert(mode)


def _written(picture: Image.Image, kind: str) -> bytes:
    out = io.BytesIO()
    if kind == "JPEG":
        picture.convert("RGB").save(out, kind, quality=88)
    else:
        picture.save(out, kind)
    return out.getvalue()
