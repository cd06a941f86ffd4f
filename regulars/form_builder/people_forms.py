"""The team and the stores as read-only sources: ``sys_units`` and ``sys_members``."""

from __future__ import annotations

from regulars.form_builder.system_forms import SystemForm
from regulars.platform.accounts.tables import member, unit
from regulars.platform.expressions.types import BOOLEAN, TEXT, Kind, ValueType

UNITS = SystemForm(
    "sys_units",
    {"en": "Stores", "zh-Hans": "门店", "zh-Hant": "門市"},
    unit,
    {
        "code": (TEXT, {"en": "Code", "zh-Hans": "编码", "zh-Hant": "代碼"}),
        "name": (TEXT, {"en": "Name", "zh-Hans": "名称", "zh-Hant": "名稱"}),
        "parent": (
            ValueType(Kind.LINK, form="sys_units"),
            {"en": "Belongs to", "zh-Hans": "上级", "zh-Hant": "上級"},
        ),
        "active": (BOOLEAN, {"en": "Open", "zh-Hans": "营业中", "zh-Hant": "營業中"}),
    },
    title="name",
)
MEMBERS = SystemForm(
    "sys_members",
    {"en": "Team", "zh-Hans": "成员", "zh-Hant": "成員"},
    member,
    {
        "name": (TEXT, {"en": "Name", "zh-Hans": "姓名", "zh-Hant": "姓名"}),
        "email": (TEXT, {"en": "E-mail", "zh-Hans": "邮箱", "zh-Hant": "電子郵件"}),
        "role": (TEXT, {"en": "Role", "zh-Hans": "角色", "zh-Hant": "角色"}),
        "active": (BOOLEAN, {"en": "Active", "zh-Hans": "在职", "zh-Hant": "在職"}),
    },
    title="name",
)
