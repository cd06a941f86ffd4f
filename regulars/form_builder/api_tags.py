"""ETags of records: ``"<version>-<digest of the answer>"``.

Derived values (rollups, formulas, titles of links) change without a save, so the digest is what
``If-None-Match`` compares. ``If-Match`` asks whether somebody saved in between: only the version
counts there, and the bare number from the record's ``version`` is as good.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, jsonify, request

from regulars.platform.errors import VersionConflict

_TAG = re.compile(r"(\d{1,18})(?:-[0-9a-f]{1,64})?")


def tagged(body: Mapping[str, Any], status: int = 200) -> Response:
    """One record as an answer with its ETag."""
    answer = jsonify(body)
    answer.status_code = status
    digest = hashlib.sha256(answer.get_data()).hexdigest()[:12]
    answer.set_etag(f"{body['version']}-{digest}")
    return answer


def expected_version(current: Callable[[], int]) -> int | None:
    """The version ``If-Match`` asks for, None without one; VersionConflict when it is outdated.

    A weak tag never matches, as the standard has it.
    """
    if "If-Match" not in request.headers:
        return None
    version = current()
    given = [_TAG.fullmatch(each or "") for each in request.if_match.as_set()]
    if request.if_match.star_tag or version in {int(each[1]) for each in given if each}:
        return version
    raise VersionConflict("record-changed")
