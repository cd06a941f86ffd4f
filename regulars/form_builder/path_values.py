"""Values at paths through links (``customer.tier``) of many records, in one question."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from regulars.form_builder import expressing
from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.linking import chunks
from regulars.form_builder.masking import masked
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.expressions.tree import Node, Path
from regulars.platform.expressions.types import Kind


def values_at(
    uow: UnitOfWork, access: Access, catalog: FormCatalog, form_key: str, ids: Sequence[int],
    paths: Iterable[str],
) -> dict[int, dict[str, Any]]:  # fmt: skip
    """Record id → path → plain value; paths that lead to no single value are left out.

    ``form_key`` may name the rows of a subform (``orders.items``), ``ids`` are theirs then.
    """
    table = catalog.source().table(form_key)
    wanted, selected, masks = [], [], []
    for path in dict.fromkeys(paths):
        tree, problems = catalog.shown_path(form_key, path)
        if problems or tree.type is None or tree.type.kind in (Kind.TAGS, Kind.ROWS):
            continue
        wanted.append(path)
        masks.append(mask_at(catalog, tree))
        selected.append(expressing.value_sql(uow, catalog, tree, table, access))
    found: dict[int, dict[str, Any]] = {record_id: {} for record_id in ids}
    if not wanted:
        return found
    for some in chunks(sorted(ids)):
        for row in uow.execute(sa.select(table.c.id, *selected).where(table.c.id.in_(some))):
            values = [
                masked(kind, value) if kind else value
                for kind, value in zip(masks, row[1:], strict=True)
            ]
            found[row[0]] = dict(zip(wanted, values, strict=True))
    return found


def mask_at(catalog: FormCatalog, tree: Node) -> str | None:
    """How the field at the end of a path is masked for this reader."""
    if not catalog.masks or not isinstance(tree, Path) or not tree.hops:
        return None
    return catalog.mask_of(tree.hops[-1].form, tree.hops[-1].field.key)
