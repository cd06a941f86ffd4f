"""Jinja for every page: strict, escaped, in the reader's language, with the shop's formats."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from flask import Flask, Response, g, make_response, render_template
from flask.templating import Environment
from jinja2 import StrictUndefined

from regulars.platform import i18n
from regulars.platform.formats import Formats
from regulars.platform.i18n import Text
from regulars.platform.web.csrf import csrf_token
from regulars.platform.web.flash import take_flashes
from regulars.platform.web.headers import csp_nonce
from regulars.platform.web.installation import request_now
from regulars.platform.web.markup import icon, qr_code
from regulars.platform.web.preferences import THEMES, current_locale, current_theme
from regulars.platform.web.shell import current_shell
from regulars.platform.web.static_files import static_url

STYLES = tuple(
    f"css/{name}.css"
    for name in (
        *("tokens", "base", "shell", "navigation", "entrance", "controls", "forms"),
        *("content", "chips", "tables", "feedback", "timeline"),
    )
)
"""Style sheets of every page, in the order in which they override each other."""

MODULES = tuple(
    f"js/{name}.js"
    for name in ("confirm", "copy", "dialogs", "elements", "forms", "menus", "toasts")
)
"""What ``js/app.js`` imports: fetched beside it instead of after it."""

_TINTS = 8


def translate(key: str, /, **params: Any) -> str:
    """``t("area.key", n=3)`` in templates: the catalog text in the reader's language."""
    words = {name: i18n.spoken(value, current_locale()) for name, value in params.items()}
    return i18n.translate(key, current_locale(), **words)


def label(text: Text | None) -> str:
    """``label(form.label)`` in templates: an owner's text in the reader's language."""
    return i18n.pick(text, current_locale())


def formats() -> Formats:
    """How this reader writes numbers and days in this shop."""
    found: Formats | None = g.get("formats")
    if found is None:
        workspace = current_shell().workspace
        zone, currency = (workspace.zone, workspace.currency) if workspace else ("UTC", "CNY")
        found = g.formats = Formats(current_locale(), zone, currency, request_now())
    return found


def render(template: str, status: int = 200, /, **context: Any) -> Response:
    """A page or a fragment as a response; 422 for a form with mistakes."""
    return make_response(render_template(template, **context), status)


class Templates(Environment):
    """Templates that share one dictionary of words instead of laying an empty one above it.

    Each import of a macro compares the words of both templates, which takes a hundred times longer
    through the layers. No template has words of its own here.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """The words of a template."""
        return super().make_globals(d) if d else self.globals


def prepare(app: Flask) -> None:
    """Teach this application's templates the words every page uses."""
    app.jinja_environment = Templates
    jinja = app.jinja_env
    jinja.undefined = StrictUndefined
    jinja.trim_blocks = jinja.lstrip_blocks = True
    jinja.globals.update(
        t=translate,
        label=label,
        icon=icon,
        qr_code=qr_code,
        static_url=static_url,
        csrf_token=csrf_token,
        csp_nonce=csp_nonce,
        take_flashes=take_flashes,
        LOCALES=i18n.LOCALES,
        STYLES=STYLES,
        MODULES=MODULES,
        THEMES=THEMES,
    )
    # Functions, not context: macros imported without context must reach them too.
    jinja.globals.update(fmt=_Lazy(), shell=current_shell, locale=current_locale)
    jinja.globals.update(theme=current_theme)

    jinja.globals.update(languages=languages, themes=themes)
    jinja.filters.update(initial=initial, tint=tint)

    @app.context_processor
    def surroundings() -> dict[str, Any]:
        shell = current_shell()
        return {"workspace": shell.workspace, "access": shell.access}


def languages() -> list[tuple[str, str]]:
    """The languages as options of a select, each in its own words."""
    return [(name, translate(f"common.locale.{name}")) for name in i18n.LOCALES]


def themes() -> list[tuple[str, str]]:
    """The themes as options of a select."""
    return [(name, translate(f"common.theme.{name}")) for name in THEMES]


def initial(name: str) -> str:
    """The letter for an avatar: the last sign of a Chinese name, the first of others."""
    plain = name.strip()
    if not plain:
        return "·"
    return plain[-1] if "\u4e00" <= plain[-1] <= "\u9fff" else plain[0].upper()


def tint(name: str) -> int:
    """One of eight colours, always the same for the same name."""
    return sum(map(ord, name)) % _TINTS


class _Lazy:
    """``fmt.money(…)`` in templates: the formats of whoever asks, looked up at each use."""

    def __getattr__(self, name: str) -> Any:
        return getattr(formats(), name)
