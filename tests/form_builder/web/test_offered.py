"""What a link input offers, on both databases."""

from regulars.form_builder.origin import API
from regulars.form_builder.records import create_record
from regulars.form_builder.web.entries import offered
from regulars.platform.accounts.access import system_access
from regulars.platform.accounts.tables import unit
from regulars.platform.db import UnitOfWork
from tests.support.shop_forms import publish_forms


def test_a_store_that_is_closed_is_not_offered(uow: UnitOfWork) -> None:
    for code, active in (("S1", True), ("S2", False)):
        uow.execute(unit.insert().values(code=code, name=f"Store {code}", active=active))
    found = offered(uow, system_access("en"), "sys_units")
    assert [title for _id, title in found] == ["Store S1"]


def test_stores_and_records_are_offered_by_pinyin(uow: UnitOfWork) -> None:
    access = system_access("en")
    for code, name in (("S1", "南京路店"), ("S2", "Harbour"), ("S3", "重庆店")):
        uow.execute(unit.insert().values(code=code, name=name, active=True))
    found = {words: offered(uow, access, "sys_units", words) for words in ("njl", "har", "cqd")}
    titles = {words: [title for _id, title in some] for words, some in found.items()}
    assert titles == {"njl": ["南京路店"], "har": ["Harbour"], "cqd": ["重庆店"]}
    publish_forms(uow)
    for name in ("张晓明", "李四"):
        create_record(uow, access, "customers", {"name": name}, origin=API)
    assert [title for _id, title in offered(uow, access, "customers", "zhangxm")] == ["张晓明"]
