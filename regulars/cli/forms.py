"""``regulars form …``: forms as JSON files. Their records are the business of API and import."""

from __future__ import annotations

from regulars.cli.changing import add_changing
from regulars.cli.definitions import definition_group

form = definition_group("form", "forms")
add_changing(form)
