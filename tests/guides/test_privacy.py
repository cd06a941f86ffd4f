import pytest

from regulars.form_builder import records
from regulars.form_builder.origin import Origin
from regulars.platform.accounts.access import system_access
from tests.guides.conftest import Walk
from tests.support.pictures import Picture

pytestmark = [pytest.mark.browser, pytest.mark.pictures]
TWICE = {"en": ("Mary Wood", "Mary Wood"), "zh-Hans": ("王芳", "Wang Fang")}


def add_twice(walk: Walk, language: str) -> tuple[int, int]:
    """The same person under two numbers, one digit apart."""
    here = Origin("page")
    with walk.server.database.workspace_tx(walk.place) as uow:
        one, two = (
            records.create_record(
                uow, system_access(language), "customers",
                {"name": name, "mobile": f"1380013800{n}"}, origin=here,
            ).id
            for n, name in enumerate(TWICE[language])
        )  # fmt: skip
    return one, two


def test_what_a_customer_may_ask_for(walk: Walk, picture: Picture) -> None:
    picture(walk.go("/forms/customers/records/3/privacy", phone=True), "privacy/page")
    picture(walk.go("/forms/customers/records/3/privacy/erase"), "privacy/erase")


def test_one_customer_who_is_there_twice(walk: Walk, picture: Picture, language: str) -> None:
    one, two = add_twice(walk, language)
    picture(walk.go(f"/forms/customers/merge?keep={one}&drop={two}"), "privacy/merge")
