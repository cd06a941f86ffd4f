"""The retail pack for tests, with a sample small enough to write in a moment."""

from dataclasses import replace

from regulars.seed_templates.catalogue import RETAIL, get_pack
from regulars.seed_templates.pack import Pack


def retail_pack(customers: int = 60) -> Pack:
    """The pack as it is shipped, but for the number of made-up customers."""
    pack = get_pack(RETAIL)
    assert pack.sample is not None
    plan = {**pack.sample.plan, "customers": customers, "never_bought": 4}
    return replace(pack, sample=replace(pack.sample, plan=plan))
