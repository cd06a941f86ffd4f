"""Imports that are being prepared and name a form or a field in their map."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.importing.tables import import_batch, import_file
from regulars.platform import i18n
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.uses import Use, Used

OPEN = ("draft", "checking", "running")


def import_uses(uow: UnitOfWork, used: Used) -> Iterator[Use]:
    """Each open import whose map fills this field (the whole form without one)."""
    if used.kind != "form":
        return
    rows = uow.execute(
        sa.select(import_batch.c.id, import_batch.c.map, import_file.c.name)
        .join(import_file, import_file.c.id == import_batch.c.file)
        .where(import_batch.c.state.in_(OPEN))
    )
    for number, wanted, name in rows:
        for position, target in enumerate(wanted.get("targets", ())):
            if target.get("form") == used.key and (not used.ref or used.ref in _filled(target)):
                words = {
                    locale: i18n.translate("definitions.named.import", locale, name=name)
                    for locale in i18n.LOCALES
                }
                place = {
                    locale: i18n.translate("definitions.part.import-map", locale)
                    for locale in i18n.LOCALES
                }
                yield Use("import", str(number), words, f"targets/{position}", place)


def _filled(target: Mapping[str, Any]) -> set[str]:
    rows = target.get("rows") or {}
    inner = {f"{rows.get('field')}.{key}" for key in rows.get("fields", ())}
    return {*target.get("fields", ()), str(rows.get("field", "")), *inner}
