"""members: several people of the team."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_types.base import Forms, Reading, Reference, Settings
from regulars.form_builder.field_types.links import MAX_LINKS, SEPARATORS, LinksField
from regulars.platform.problems import Problem


class MembersField(LinksField):
    """The ids of members, each once, in an order of their own; written by id or by e-mail."""

    name = "members"
    icon = "users"
    settings: ClassVar[Settings] = {
        "max_rows": {"type": "integer", "minimum": 1, "maximum": MAX_LINKS},
    }
    required_settings: ClassVar[tuple[str, ...]] = ()

    def target(self, field: FieldDefinition) -> str:
        return "sys_members"

    def parse_text(self, field: FieldDefinition, text: str, reading: Reading) -> Any:
        """E-mail addresses between separators; ``#7`` is the number our own export writes."""
        words = [word.strip() for word in SEPARATORS.split(text) if word.strip()]
        return self._checked(field, map(_one, words))

    def check(
        self, field: FieldDefinition, form: FormDefinition, forms: Forms
    ) -> Iterator[Problem]:
        yield from ()


def _one(word: str) -> Any:
    number = word.removeprefix("#")
    return int(number) if number.isdecimal() and len(number) < 19 else Reference("email", word)
