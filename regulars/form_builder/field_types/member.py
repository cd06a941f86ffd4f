"""member: a person of the team."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_types.base import Forms, Reading, Reference, Settings
from regulars.form_builder.field_types.link import LinkField
from regulars.platform.problems import Problem


class MemberField(LinkField):
    """A member by id or by e-mail."""

    name = "member"
    icon = "user"
    settings: ClassVar[Settings] = {}
    required_settings: ClassVar[tuple[str, ...]] = ()
    may_be_unique = False

    def target(self, field: FieldDefinition) -> str:
        return "sys_members"

    def parse_text(self, field: FieldDefinition, text: str, reading: Reading) -> Any:
        address = text.strip()
        return Reference("email", address) if address else None

    def check(
        self, field: FieldDefinition, form: FormDefinition, forms: Forms
    ) -> Iterator[Problem]:
        yield from ()
