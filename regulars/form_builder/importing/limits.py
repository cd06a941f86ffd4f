"""How much one import takes; beyond it the file is refused with words, never half-read. Pure."""

from __future__ import annotations

from typing import Any

from regulars.platform.errors import RegularsError

MIB = 1024 * 1024

MAX_UPLOAD_BYTES = 100 * MIB
MAX_UNPACKED_BYTES = 512 * MIB
MAX_LINES = 1_500_000
MAX_COLUMNS = 300
MAX_CELL = 100_000  # characters

CHUNK_ROWS = 10_000  # records and subform rows written in one transaction

MAX_WORKBOOK_PARTS = 2_000
MAX_WORKBOOK_BYTES = 400 * MIB
MAX_SHARED_TEXT_BYTES = 60 * MIB
MAX_PACKING = 150  # unpacked to packed; real sheets stay far below, bombs far above
PACKING_MATTERS_FROM = 4 * MIB


class BadFile(RegularsError):
    """The file cannot be read as a table; ``code`` has words at ``errors.<code>``."""

    status, code = 422, "file-unreadable"

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code, **params)
