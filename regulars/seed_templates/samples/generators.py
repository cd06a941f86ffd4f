"""The generators a pack may name; a pack brings words and numbers, never a program."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from regulars.platform.registry import Registry
from regulars.seed_templates.samples.rows import SampleData
from regulars.seed_templates.samples.shop_sales import World, make_shop_sales

Raw = Mapping[str, Any]
Generator = Callable[[Raw, Mapping[str, Raw], World], SampleData]

generators: Registry[Generator] = Registry("sample generator")
generators.register("shop_sales", make_shop_sales)
