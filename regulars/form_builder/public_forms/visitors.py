"""Whoever holds a link, as an actor: may make records of one form, with the fields on the page."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.public_forms.definition import PublicForm
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.roles import FieldRight, FormRights, Role, Scope
from regulars.platform.i18n import pick

ROLE = "public"
_VERBS: Mapping[str, Scope] = MappingProxyType({"read": "own", "create": "all"})


def visitor_of(
    public: PublicForm, catalog: FormCatalog, locale: str, unit: int | None = None
) -> Access:
    """The visitor of a public form; what they send belongs to ``unit``."""
    role = role_of(public, catalog)
    units = () if unit is None else (unit,)
    name = pick(public.label, locale)
    return Access(None, name, ROLE, locale, units, "public", roles={ROLE: role})


def role_of(public: PublicForm, catalog: FormCatalog) -> Role:
    """What a visitor holds; one object per set of definitions, as what is kept by role needs."""

    def made() -> Role:
        form, own = catalog.whole.get_form(public.form), unit_fields(public, catalog)
        is_open = {*public.fields, *public.fixed, *own}
        closed: dict[str, FieldRight] = {
            each.key: "hidden" for each in form.fields if each.key not in is_open
        }
        rights = {public.form: FormRights(_VERBS, closed)}
        capabilities = frozenset({"enter", "read_records", "create_records"})
        return Role(ROLE, capabilities, bound_to_units=False, forms=rights)

    return catalog.whole.kept(("public role", public), made)


def unit_fields(public: PublicForm, catalog: FormCatalog) -> list[str]:
    """The fields that say which store a record belongs to: the link answers them."""
    form = catalog.whole.get_form(public.form)
    return [each.key for each in form.fields if each.type == "unit"]
