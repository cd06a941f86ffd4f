"""Correcting what stands about somebody because they ask for it: checked like any change, kept in
the history, and the beginning of nothing. A wrong birthday put right is no reason to write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.origin import Origin
from regulars.form_builder.people.person_forms import person_form
from regulars.form_builder.people.person_log import log_person
from regulars.form_builder.querying import Record
from regulars.form_builder.records import update_record
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork

REF = "correction"


def correct_person(  # noqa: PLR0913 - each part of the wish is its own
    uow: UnitOfWork, access: Access, form_key: str, record_id: int, values: Mapping[str, Any], *,
    kind: str, expected_version: int | None = None, texts: bool = False,
    reason: str | None = None,
) -> Record:  # fmt: skip
    """Change the given fields without starting a rule; raises what `update_record` raises."""
    person_form(catalog_of(uow), form_key)
    origin = Origin(kind, automation="none", ref=REF)
    record = update_record(
        uow, access, form_key, record_id, values,
        origin=origin, expected_version=expected_version, texts=texts,
    )  # fmt: skip
    fields = {"fields": sorted(values)}
    log_person(uow, access, form_key, record_id, "corrected", fields, reason)
    return record
