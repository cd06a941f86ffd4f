"""Which forms lead to a subject, and by which link fields. Pure."""

from __future__ import annotations

from regulars.form_builder.catalog import FormCatalog


def ways_to(catalog: FormCatalog, subject: str) -> dict[str, set[str]]:
    """Form → its link fields that point to the subject."""
    ways: dict[str, set[str]] = {}
    for form, link in catalog.links_to(subject):
        ways.setdefault(form, set()).add(link.key)
    return ways
