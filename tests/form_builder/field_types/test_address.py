"""Addresses: taken apart as people write them in China, kept as one line, read in parts."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.form_builder.field_types.address import address_of
from regulars.form_builder.masking import masked
from regulars.form_builder.regions import regions
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.errors import Invalid
from tests.support.one_field import (
    make,
    names_where,
    publish_things,
    there_and_back,
    value_of,
)
from tests.support.site import Site, words_of

WEST_LAKE = ("浙江省", "杭州市", "西湖区")


@pytest.mark.parametrize(
    ("text", "region", "street", "postcode"),
    [
        ("浙江省杭州市西湖区文三路 1 号", WEST_LAKE, "文三路 1 号", ""),
        ("浙江杭州西湖区文三路1号 310012", WEST_LAKE, "文三路1号", "310012"),
        ("杭州市西湖区文三路", WEST_LAKE, "文三路", ""),
        ("中国浙江省 杭州市 西湖区 文三路", WEST_LAKE, "文三路", ""),
        ("310012 浙江省杭州市西湖区文三路", WEST_LAKE, "文三路", "310012"),
        ("上海市浦东新区世纪大道 100 号，邮编：200120", ("上海市", "上海市", "浦东新区"),
         "世纪大道 100 号", "200120"),
        ("北京朝阳区建国路", ("北京市", "北京市", "朝阳区"), "建国路", ""),
        ("北京市市辖区朝阳区建国路", ("北京市", "北京市", "朝阳区"), "建国路", ""),
        ("浙江省义乌市北苑路 5 号", ("浙江省", "金华市", "义乌市"), "北苑路 5 号", ""),
        ("湖北省仙桃市干河街道1号", ("湖北省", None, "仙桃市"), "干河街道1号", ""),
        ("广东省东莞市南城街道1号", ("广东省", "东莞市", "南城街道"), "1号", ""),
        ("吉林省吉林市昌邑区", ("吉林省", "吉林市", "昌邑区"), "", ""),
        ("内蒙古呼和浩特市", ("内蒙古自治区", "呼和浩特市", None), "", ""),
        ("朝阳路 1 号", (None, None, None), "朝阳路 1 号", ""),
        ("中国银行大厦 3 楼", (None, None, None), "中国银行大厦 3 楼", ""),
        ("221B Baker Street, London", (None, None, None), "221B Baker Street, London", ""),
    ],
)  # fmt: skip
def test_an_address_comes_apart(text: str, region: Any, street: str, postcode: str) -> None:
    parts = address_of(text).as_json()
    assert (parts["province"], parts["city"], parts["district"]) == region
    assert (parts["street"] or "", parts["postcode"] or "") == (street, postcode)


words = st.text("浙江省杭州市西湖区北京朝阳路文三号中国 12-,", max_size=20)


@given(st.sampled_from(sorted(regions().names)), words)
def test_what_is_kept_is_read_again_as_it_is_kept(code: str, street: str) -> None:
    region = regions().at(code)
    assert region is not None
    kept = address_of(f"{region.text}{street}").text
    assert address_of(kept).text == kept


def test_every_region_is_found_by_its_name() -> None:
    known = regions()
    lost = []
    for code in known.names:
        region = known.at(code)
        assert region is not None
        found = address_of(f"{region.text}人民路 1 号").region
        if found.text != region.text:
            lost.append((code, found.text))
    assert lost == []
    assert len(known.provinces) == 34


def test_it_is_written_in_parts_or_as_a_text_and_asked_for_by_any_part(uow: UnitOfWork) -> None:
    publish_things(uow, type="address")
    whole = {
        "province": "浙江省", "city": "杭州市", "district": "西湖区", "street": "文三路 1 号",
        "postcode": "310012", "code": "330106",
    }  # fmt: skip
    record = make(uow, "a", {"province": "浙江", "city": "杭州", "district": "西湖区",
                             "street": "文三路 1 号", "postcode": "310012"})  # fmt: skip
    assert value_of(uow, record) == whole
    assert value_of(uow, make(uow, "b", whole)) == whole
    assert value_of(uow, make(uow, "c", {"code": "330100"}))["city"] == "杭州市"
    assert value_of(uow, make(uow, "d", "10 Downing Street"))["street"] == "10 Downing Street"
    assert value_of(uow, make(uow, "e", {})) is None
    for op, value, names in (
        ("contains", "西湖区文三路", ["a", "b"]),
        ("starts_with", "浙江省杭州市", ["a", "b", "c"]),
        ("is", "浙江杭州西湖区文三路 1 号 310012", ["a", "b"]),
        ("contains", "DOWNING", ["d"]),
    ):
        assert names_where(uow, {"field": "f", "op": op, "value": value}) == names, op
    for bad, code in (
        ({"province": "浙江省", "city": "北京市"}, "no-such-region"),
        ({"city": "杭州市"}, "no-such-region"),
        ({"code": "999999"}, "no-such-region"),
        ({"postcode": "12"}, "not-a-postcode"),
        ({"town": "x"}, "unknown-part"),
    ):
        with pytest.raises(Invalid) as refused:
            make(uow, "x", bad)
        assert [(e.path, e.code) for e in refused.value.problems] == [("f", code)], bad


def test_masked_it_ends_with_the_district() -> None:
    assert masked("address", "浙江省杭州市西湖区文三路 1 号") == "浙江省杭州市西湖区***"
    assert masked("address", address_of("北京市朝阳区建国路").as_json()) == "北京市朝阳区***"
    assert masked("address", "10 Downing Street") == "•••"


def test_it_travels_through_a_spreadsheet(
    database: Database, workspace: Workspace, tmp_path: Path
) -> None:
    with database.workspace_tx(workspace) as uow:
        publish_things(uow, type="address")
        make(uow, "a", {"code": "330106", "street": "文三路, 1 号", "postcode": "310012"})
        make(uow, "b", "=1 Main St")
        make(uow, "c", None)
    for suffix in (".csv", ".xlsx"):
        before, after, _file = there_and_back(database, workspace, tmp_path, suffix)
        assert after == before


def test_the_pages_of_an_address(site: Site) -> None:
    with site.database.workspace_tx(site.workspace) as uow:
        publish_things(uow, type="address", label="Home", personal={})
    base, owner = f"{site.home}/forms/things", site.signed_in()
    assert "areas.js" in owner.get(f"{base}/records/new").text
    made = owner.send(f"{base}/records/new", {"name": "Ann", "f": "浙江杭州西湖区文三路 1 号"})
    record = made.headers["Location"]
    assert "浙江省杭州市西湖区文三路 1 号" in words_of(owner.get(record).text)
    edit = owner.get(f"{record}/edit").text
    assert "&#34;code&#34;: &#34;330106&#34;" in edit
    owner.send(f"{record}/edit", {"f": "北京市朝阳区"})
    past = " ".join(words_of(owner.get(f"{record}?tab=history").text))
    assert "浙江省杭州市西湖区文三路 1 号" in past
    query = json.dumps({"field": "f", "op": "contains", "value": "朝阳"})
    assert "Ann" in words_of(owner.get(f"{base}/records", query_string={"filter": query}).text)
