"""What roles are called on pages: the product's words for its own, the owner's for theirs."""

from __future__ import annotations

from flask import Flask

from regulars.platform import i18n
from regulars.platform.accounts.roles import ROLES
from regulars.platform.web.preferences import current_locale
from regulars.platform.web.shell import current_shell


def install(app: Flask) -> None:
    """Teach the templates of this application to name roles."""
    app.jinja_env.globals.update(role_name=role_name, role_text=role_text)


def role_name(key: str) -> str:
    """What a role is called."""
    if key in ROLES:
        return i18n.translate(f"accounts.role.{key}", current_locale())
    access = current_shell().access
    found = access.roles.get(key) if access else None
    return i18n.pick(found.label, current_locale()) if found else key


def role_text(key: str) -> str:
    """One sentence about it, perhaps empty."""
    if key in ROLES:
        return i18n.translate(f"accounts.role-text.{key}", current_locale())
    access = current_shell().access
    found = access.roles.get(key) if access else None
    return i18n.pick(found.description, current_locale()) if found else ""
