"""The packs that brought a form, a field or another definition: where-used names them.

A pack's original is what an upgrade compares with, so what it brought is not quite anybody's own:
taken away here, it stays away, but whoever looks should know where it came from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from regulars.platform import i18n
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.uses import Use, Used
from regulars.platform.i18n import Text
from regulars.seed_templates.installed import pack_install, pack_original


def pack_uses(uow: UnitOfWork, used: Used) -> Iterator[Use]:
    """Each installed pack that brought the definition, or the field of the form."""
    rows = uow.execute(
        sa.select(pack_original.c.pack, pack_original.c.body, pack_install.c.label)
        .join(pack_install, pack_install.c.pack == pack_original.c.pack)
        .where(pack_original.c.kind == used.kind, pack_original.c.key == used.key)
        .order_by(pack_original.c.pack)
    )
    for pack, body, label in rows:
        if not used.ref or _has_field(body, used.ref):
            yield Use("pack", pack, _named(label), "",
                      _words("definitions.part.brought-by-pack"))  # fmt: skip


def _has_field(body: Mapping[str, Any], ref: str) -> bool:
    head, _dot, tail = ref.partition(".")
    for field in body.get("fields", ()):
        if field.get("key") == head:
            return not tail or any(each.get("key") == tail for each in field.get("fields", ()))
    return False


def _named(label: Text) -> dict[str, str]:
    return {
        locale: i18n.translate("definitions.named.pack", locale, name=i18n.pick(label, locale))
        for locale in i18n.LOCALES
    }


def _words(name: str) -> dict[str, str]:
    return {locale: i18n.translate(name, locale) for locale in i18n.LOCALES}
