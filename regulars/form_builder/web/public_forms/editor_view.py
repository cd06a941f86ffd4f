"""What the editor of a public form offers: fields, purposes, numbers to show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.public_forms.definition import PublicForm, is_personal
from regulars.form_builder.public_forms.kind import CARD_TYPES, can_be_asked
from regulars.form_builder.web.public_forms.template_words import KNOWN, purpose_name
from regulars.platform.i18n import pick
from regulars.platform.problems import Problem

Choice = tuple[str, str]
_FIXABLE = ("text", "choice", "choices", "tags", "number", "phone", "email", "url", "cascade")


@dataclass(frozen=True)
class EditorView:
    """The choices of the editor for one public form and one reader."""

    form: FormDefinition
    public: PublicForm
    locale: str

    @property
    def asked(self) -> list[FieldDefinition]:
        """The fields on the page, in its order."""
        return [self.form.by_key[key] for key in self.public.fields if key in self.form.by_key]

    @property
    def lost(self) -> list[str]:
        """Keys on the page that the form does not have any more."""
        return [key for key in self.public.fields if key not in self.form.by_key]

    @property
    def more(self) -> list[Choice]:
        """The fields that can be asked besides."""
        taken = {*self.public.fields, *self.public.fixed}
        return [(f.key, self.name(f)) for f in self.form.fields
                if f.key not in taken and can_be_asked(f)]  # fmt: skip

    @property
    def fixable(self) -> list[Choice]:
        """The fields that can be given a value of the owner's."""
        taken = {*self.public.fields, *self.public.fixed}
        return [(f.key, self.name(f)) for f in self.form.fields
                if f.key not in taken and f.type in _FIXABLE]  # fmt: skip

    @property
    def numbers(self) -> list[Choice]:
        """The fields that can be shown as the number of a card."""
        return [(f.key, self.name(f)) for f in self.form.fields if f.type in CARD_TYPES]

    @property
    def purposes(self) -> list[Choice]:
        """What something may be asked for: known purposes, and those that are in use here."""
        boxes = (each.purpose for each in self.public.consents)
        own = [*self.public.purposes.values(), *boxes]
        return [(each, purpose_name(each, self.locale)) for each in dict.fromkeys((*KNOWN, *own))]

    @property
    def fixed(self) -> Mapping[str, str]:
        """Fixed values as texts, by the key of their field."""
        return {
            key: ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            for key, value in self.public.fixed.items()
        }

    def is_personal(self, field: FieldDefinition) -> bool:
        """Whether it must be said what a field is asked for."""
        return is_personal(self.form, field)

    def name(self, field: FieldDefinition) -> str:
        """What a field is called."""
        return pick(field.name, self.locale)

    def name_of(self, key: str) -> str:
        """The same by its key; the key where there is no such field."""
        field = self.form.find(key)
        return key if field is None else self.name(field)

    def messages(self, problems: list[Problem], place: str) -> list[str]:
        """What is wrong at a place and below it."""
        here = [p for p in problems if p.path == place or p.path.startswith(f"{place}/")]
        return list(dict.fromkeys(each.message(self.locale) for each in here))
