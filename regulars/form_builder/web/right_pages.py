"""Who may see and change one field, role by role, in the designer.

What is chosen here is written into the roles at once, by their own rules: nobody changes their own
role, and nobody gives more than they hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder.changing.used_by import find_field
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.web.blueprints import designer
from regulars.form_builder.web.role_sheet import RIGHTS
from regulars.platform.accounts import role_keeping
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.roles import Role
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.accounts.web.confirmation import confirmed
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.errors import NotFound
from regulars.platform.web.flash import flash
from regulars.platform.web.htmx import go_to, is_htmx
from regulars.platform.web.rendering import render

MANAGE = "manage_roles"


@dataclass(frozen=True)
class RightRow:
    """One role: what it may do with the field, and whether that may be changed by the reader."""

    role: str
    right: str
    reads: bool
    can_change: bool


@designer.get("/rights")
@workspace_page("design_forms")
def rights(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Every role and what it may do with the field ``?field=``."""
    form, field = _named(uow, form_key, request.args.get("field", ""))
    template = "form_builder/_rights.html" if is_htmx() else "form_builder/rights.html"
    return render(
        template, form=form, field=field, ref=request.args["field"], rights=RIGHTS,
        rows=[_row(access, form, request.args["field"], each) for each in access.roles.values()],
    )  # fmt: skip


@designer.post("/rights")
@confirmed
@workspace_page(MANAGE)
def save_rights(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Write what was chosen into each role that it changes."""
    access.require("design_forms")
    ref = request.form.get("field", "")
    form, field = _named(uow, form_key, ref)
    changed = 0
    for role in access.roles.values():
        row, wanted = _row(access, form, ref, role), request.form.get(f"right/{role.key}", "")
        if row.can_change and wanted in RIGHTS and wanted != row.right:
            store.amend(uow, access, role_keeping.KIND, role.key, _giving(form_key, ref, wanted))
            changed += 1
    flash("roles.rights-saved", n=changed, name=field.name)
    return go_to(url_for("designer.show", form_key=form_key, field=ref))


def _named(uow: UnitOfWork, form_key: str, ref: str) -> tuple[FormDefinition, FieldDefinition]:
    form: FormDefinition = snapshot(uow).get("form", form_key)
    field = find_field(form, ref)
    if field is None:
        raise NotFound("no-field", key=ref[:100])
    return form, field


def _row(access: Access, form: FormDefinition, ref: str, role: Role) -> RightRow:
    owner, _dot, inner = ref.rpartition(".")
    right = role.field_right(f"{form.key}.{owner}" if owner else form.key, inner)
    reads = role.scope(form.key, "read", has_units=True) != "none"
    own = not role.is_built_in and role.key != access.role
    return RightRow(role.key, right, reads, own and access.can(MANAGE) and access.may_grant(role))


def _giving(form: str, ref: str, right: str) -> Any:
    """The change of a role's JSON that gives this right on the field."""

    def change(raw: Mapping[str, Any]) -> Mapping[str, Any]:
        own = raw.get("forms", {}).get(form, {})
        fields = {key: each for key, each in own.get("fields", {}).items() if key != ref}
        if right != "write":
            fields[ref] = right
        rest = {key: each for key, each in own.items() if key != "fields"}
        given = {**rest, **({"fields": fields} if fields else {})}
        forms = {**raw.get("forms", {}), form: given}
        return {**raw, "forms": {key: each for key, each in forms.items() if each}}

    return change
