"""What a conversion needs besides the values: whose zone holds, and what links mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.changing.conversions import EMPTY, Terms, say
from regulars.form_builder.changing.retypes import Retype
from regulars.form_builder.field_types.base import Reading
from regulars.form_builder.linking import ids_by_key
from regulars.form_builder.titles import titles_of
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork


def terms_of(
    uow: UnitOfWork, access: Access, job: Retype, values: tuple[Sequence[Any], Sequence[Any]]
) -> Terms:
    """The terms for converting these values (of the old type, of the new one) of one job."""
    locale = job.options.get("locale", uow.workspace.locale)
    reading = Reading(uow.workspace.tz, uow.workspace.currency, uow.now, locale)
    terms = Terms(job.old_field, job.new_field, reading)
    catalog = catalog_of(uow)
    for field, side in zip((terms.before, terms.after), values, strict=True):
        if field.type == "link":
            to = str(field.settings["to"])
            wanted = [each for each in side if isinstance(each, int)]
            titles = titles_of(uow, access, catalog, {to: wanted})
            named = {record: title for (_form, record), title in titles.items()}
            terms = replace(terms, titles={**terms.titles, **named})
    if "by" in job.options and terms.after.type == "link":
        texts = {say(terms, value) for value in values[0] if value not in EMPTY}
        to, by = str(terms.after.settings["to"]), str(job.options["by"])
        terms = replace(terms, ids=ids_by_key(uow, catalog, to, by, texts))
    return terms
