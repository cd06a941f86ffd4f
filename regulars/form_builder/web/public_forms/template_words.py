"""Words that the templates of public forms ask for."""

from __future__ import annotations

from regulars.form_builder.web.public_forms.blueprints import visits
from regulars.platform.i18n import Text, find_text, pick, translate
from regulars.platform.web.preferences import current_locale

KNOWN = ("membership", "service", "marketing", "feedback")
"""Purposes that have words of their own."""


@visits.app_template_global("purpose_words")
def purpose_words(purpose: str) -> str:
    """What something is asked for; an owner's own purpose by its name."""
    found = find_text(f"public-forms.purpose.{purpose}", current_locale())
    return found or purpose.replace("_", " ")


def purpose_name(purpose: str, locale: str) -> str:
    """What an owner calls a purpose; one of their own by its name."""
    return find_text(f"public-forms.for.{purpose}", locale) or purpose.replace("_", " ")


@visits.app_template_filter("in_language")
def in_language(text: Text | None, locale: str) -> str:
    """An owner's text in a language that is not the reader's: what a poster is printed in."""
    return pick(text, locale)


@visits.app_template_filter("said_in")
def said_in(key: str, locale: str) -> str:
    """A text of the catalog in such a language."""
    return translate(key, locale)
