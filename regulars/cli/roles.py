"""``regulars role …``: roles as JSON files."""

from __future__ import annotations

from regulars.cli.definitions import definition_group

role = definition_group("role", "roles")
