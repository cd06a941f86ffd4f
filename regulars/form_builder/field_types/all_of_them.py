"""Every field type there is; `regulars.wiring` registers them."""

from regulars.form_builder.field_types.address import AddressField
from regulars.form_builder.field_types.barcode import BarcodeField
from regulars.form_builder.field_types.base import FieldType
from regulars.form_builder.field_types.boolean import BooleanField
from regulars.form_builder.field_types.button import ButtonField
from regulars.form_builder.field_types.cascade import CascadeField
from regulars.form_builder.field_types.choice import ChoiceField
from regulars.form_builder.field_types.choices import ChoicesField
from regulars.form_builder.field_types.date import DateField
from regulars.form_builder.field_types.datetime import DateTimeField
from regulars.form_builder.field_types.duration import DurationField
from regulars.form_builder.field_types.email import EmailField
from regulars.form_builder.field_types.file import FileField, ImageField
from regulars.form_builder.field_types.formula import FormulaField
from regulars.form_builder.field_types.json import JsonField
from regulars.form_builder.field_types.link import LinkField
from regulars.form_builder.field_types.links import LinksField
from regulars.form_builder.field_types.location import LocationField
from regulars.form_builder.field_types.long_text import LongTextField
from regulars.form_builder.field_types.lookup import LookupField
from regulars.form_builder.field_types.member import MemberField
from regulars.form_builder.field_types.members import MembersField
from regulars.form_builder.field_types.money import MoneyField
from regulars.form_builder.field_types.number import NumberField
from regulars.form_builder.field_types.percent import PercentField
from regulars.form_builder.field_types.phone import PhoneField
from regulars.form_builder.field_types.rating import RatingField
from regulars.form_builder.field_types.related import RelatedField
from regulars.form_builder.field_types.rich_text import RichTextField
from regulars.form_builder.field_types.rollup import RollupField
from regulars.form_builder.field_types.serial import SerialField
from regulars.form_builder.field_types.signature import SignatureField
from regulars.form_builder.field_types.slider import SliderField
from regulars.form_builder.field_types.stamps import STAMPS
from regulars.form_builder.field_types.subform import SubformField
from regulars.form_builder.field_types.tags import TagsField
from regulars.form_builder.field_types.text import TextField
from regulars.form_builder.field_types.time import TimeField
from regulars.form_builder.field_types.unit import UnitField
from regulars.form_builder.field_types.url import UrlField

FIELD_TYPES: tuple[FieldType, ...] = (
    TextField(), LongTextField(), RichTextField(), NumberField(), MoneyField(), PercentField(),
    RatingField(),
    SliderField(), DurationField(), BooleanField(), DateField(),
    DateTimeField(), ChoiceField(), ChoicesField(), TagsField(),
    EmailField(), PhoneField(), UrlField(),
    BarcodeField(), TimeField(), CascadeField(), AddressField(), MembersField(),
    LocationField(),
    LinkField(), LinksField(), RelatedField(), RollupField(), LookupField(), FormulaField(),
    SubformField(),
    FileField(), ImageField(), SignatureField(), SerialField(), UnitField(),
    MemberField(), ButtonField(), JsonField(), *STAMPS,
)  # fmt: skip
