"""Language and theme of this request: the member's choice, the cookie's, or the browser's.

Both are known before a byte is sent, so no page flashes in the wrong colours or words.
"""

from __future__ import annotations

from flask import g, request
from werkzeug.wrappers import Response

from regulars.platform.i18n import LOCALES
from regulars.platform.web.installation import installation

THEMES = ("auto", "light", "dark")
LOCALE_COOKIE = "regulars_locale"
THEME_COOKIE = "regulars_theme"
PLACE_COOKIE = "regulars_place"

_YEAR = 365 * 24 * 3600
_BROWSER_NAMES = {
    "zh-Hans": ("zh-hans", "zh-cn", "zh-sg", "zh"),
    "zh-Hant": ("zh-hant", "zh-tw", "zh-hk", "zh-mo"),
    "en": ("en",),
}


def current_locale() -> str:
    """The language of this request."""
    known: str | None = g.get("locale")
    if known is None:
        known = g.locale = _cookie_or(LOCALE_COOKIE, LOCALES, None) or _browser_locale()
    return known


def asked_locale() -> str | None:
    """The language a program names in ``Accept-Language``; None when it names none."""
    return _browser_locale() if request.accept_languages else None


def set_locale(locale: str) -> None:
    """Use the language of whoever has just been recognised, from here on in this request."""
    if locale in LOCALES:
        g.locale = locale


def current_theme() -> str:
    """``light``, ``dark``, or ``auto`` for what the device says."""
    return _cookie_or(THEME_COOKIE, THEMES, "auto") or "auto"


def last_place() -> str:
    """The key of the workspace this browser was in last; empty when it is new here."""
    return request.cookies.get(PLACE_COOKIE, "")


def remember(
    response: Response,
    *,
    locale: str | None = None,
    theme: str | None = None,
    place: str | None = None,
) -> None:
    """Keep a choice in this browser for a year; unknown languages and themes are ignored."""
    chosen = {
        LOCALE_COOKIE: locale if locale in LOCALES else None,
        THEME_COOKIE: theme if theme in THEMES else None,
        PLACE_COOKIE: place,
    }
    for name, value in chosen.items():
        if value and request.cookies.get(name) != value:
            response.set_cookie(
                name,
                value,
                max_age=_YEAR,
                secure=installation().config.is_https,
                httponly=True,
                samesite="Lax",
            )


def _cookie_or(name: str, allowed: tuple[str, ...], default: str | None) -> str | None:
    value = request.cookies.get(name)
    return value if value in allowed else default


def _browser_locale() -> str:
    """The best of the languages the browser asks for, in its order."""
    for wanted, _quality in request.accept_languages:
        tag = wanted.lower()
        for locale in ("zh-Hant", "zh-Hans", "en"):
            if any(tag == name or tag.startswith(f"{name}-") for name in _BROWSER_NAMES[locale]):
                return locale
    return "en"
