"""Adding a pack's sample data: through the one write path, tagged, in the caller's transaction.

Its records carry a batch number below nought, so that they never mix with an import's. Nothing
is started by them: they are history.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from regulars.form_builder.catalog import FormCatalog, catalog_of
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.origin import Origin
from regulars.form_builder.records import write_batch
from regulars.form_builder.serials import take
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.units import UnitValues, create_unit, find_unit
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Conflict, Invalid
from regulars.platform.privacy.consents import ConsentChange, set_consents_bulk
from regulars.platform.problems import Problem, under
from regulars.seed_templates.installed import Sample, find_sample, note_sample
from regulars.seed_templates.pack import Pack, SampleSource
from regulars.seed_templates.samples.generators import generators
from regulars.seed_templates.samples.rows import Ref, SampleConsent, SampleData, SampleUnit
from regulars.seed_templates.samples.shop_sales import World

CHUNK = 1000
Ids = dict[tuple[str, int], int]


def generate(uow: UnitOfWork, source: SampleSource) -> SampleData:
    """The rows for this workspace: its language, its currency, ending on its today."""
    place = uow.workspace
    world = World(place.locale, place.currency, place.tz, uow.now)
    return generators.get(source.generator)(source.plan, source.flavours, world)


def add_sample(uow: UnitOfWork, access: Access, pack: Pack) -> Sample:
    """Write the pack's sample data; Conflict when it is there, Invalid with all problems."""
    access.require("install_packs")
    if pack.sample is None or find_sample(uow, pack.key) is not None:
        raise Conflict("sample-there" if pack.sample else "sample-none", pack=pack.label)
    data = generate(uow, pack.sample)
    catalog = catalog_of(uow)
    missing = [key for key in data.forms if key not in catalog.forms]
    if missing:
        raise Invalid([Problem(key, "sample-needs-form", {"form": key}) for key in missing])
    batch = -take(uow, "sample", 1)[0]
    units, opened = _units(uow, access, data.units)
    ids = _records(uow, access, catalog, data, units, batch)
    _consents(uow, access, data.consents, ids)
    counts = tuple((key, len(rows)) for key, rows in data.forms.items())
    sample = Sample(pack.key, batch, counts, opened, uow.now, access.name)
    note_sample(uow, sample)
    return sample


def _units(
    uow: UnitOfWork, access: Access, wanted: Sequence[SampleUnit]
) -> tuple[dict[str, int], tuple[int, ...]]:
    """Ids by code, and those of the stores that had to be opened."""
    by_code: dict[str, int] = {}
    opened = []
    for each in wanted:
        known = find_unit(uow, each.code)
        if known is None:
            known = create_unit(uow, access, UnitValues(each.code, each.name))
            opened.append(known.id)
        by_code[each.code] = known.id
    return by_code, tuple(opened)


def _records(
    uow: UnitOfWork, access: Access, catalog: FormCatalog, data: SampleData,
    units: Mapping[str, int], batch: int,
) -> Ids:  # fmt: skip
    ids: Ids = {}
    origin = Origin("pack", automation="none", batch=batch)
    for key, rows in data.forms.items():
        form = catalog.get_form(key)
        for start in range(0, len(rows), CHUNK):
            some = [_settled(form, row, ids, units) for row in rows[start : start + CHUNK]]
            try:
                done = write_batch(uow, access, key, some, origin=origin, atomic=True)
            except Invalid as invalid:
                raise Invalid(under(key, invalid.problems)) from invalid
            for result in done.results:
                assert result.id is not None
                ids[key, start + result.index] = result.id
    return ids


def _settled(
    form: FormDefinition, row: Mapping[str, Any], ids: Ids, units: Mapping[str, int]
) -> dict[str, Any]:
    """The row with ids in place of references and of stores' codes; empty cells left out."""
    return {
        key: _value(form.find(key), value, ids, units)
        for key, value in row.items()
        if value is not None
    }


def _value(field: FieldDefinition | None, value: Any, ids: Ids, units: Mapping[str, int]) -> Any:
    if isinstance(value, Ref):
        return ids[value.form, value.index]
    if isinstance(value, list):
        return [
            {key: _value(None, each, ids, units) for key, each in row.items() if each is not None}
            for row in value
        ]
    is_unit = field is not None and field.type == "unit"
    return units[value] if is_unit else value


def _consents(uow: UnitOfWork, access: Access, said: Sequence[SampleConsent], ids: Ids) -> None:
    changes = [
        ConsentChange(
            each.form, ids[each.form, each.person], each.purpose, each.channel,
            "grant" if each.action == "grant" else "withdraw",
            each.source, each.evidence, each.text_version, each.at,
        )
        for each in said
    ]  # fmt: skip
    set_consents_bulk(uow, access, changes, historic=True)
