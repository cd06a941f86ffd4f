"""The one explicit list of what this product is made of; `wire` registers it, once per process."""

from __future__ import annotations

from regulars.form_builder.field_types.base import FieldType, field_types
from regulars.form_builder.field_types.boolean import BooleanField
from regulars.form_builder.field_types.choice import ChoiceField
from regulars.form_builder.field_types.date import DateField
from regulars.form_builder.field_types.datetime import DateTimeField
from regulars.form_builder.field_types.email import EmailField
from regulars.form_builder.field_types.formula import FormulaField
from regulars.form_builder.field_types.link import LinkField
from regulars.form_builder.field_types.long_text import LongTextField
from regulars.form_builder.field_types.lookup import LookupField
from regulars.form_builder.field_types.member import MemberField
from regulars.form_builder.field_types.money import MoneyField
from regulars.form_builder.field_types.number import NumberField
from regulars.form_builder.field_types.phone import PhoneField
from regulars.form_builder.field_types.related import RelatedField
from regulars.form_builder.field_types.rollup import RollupField
from regulars.form_builder.field_types.serial import SerialField
from regulars.form_builder.field_types.stamps import STAMPS
from regulars.form_builder.field_types.subform import SubformField
from regulars.form_builder.field_types.tags import TagsField
from regulars.form_builder.field_types.text import TextField
from regulars.form_builder.field_types.unit import UnitField
from regulars.form_builder.field_types.url import UrlField

FIELD_TYPES: tuple[FieldType, ...] = (
    TextField(), LongTextField(), NumberField(), MoneyField(), BooleanField(), DateField(),
    DateTimeField(), ChoiceField(), TagsField(), EmailField(), PhoneField(), UrlField(),
    LinkField(), RelatedField(), RollupField(), LookupField(), FormulaField(), SubformField(),
    SerialField(), UnitField(), MemberField(), *STAMPS,
)  # fmt: skip


def wire() -> None:
    """Register everything; calling it again changes nothing."""
    for each in FIELD_TYPES:
        field_types.register(each.name, each)
