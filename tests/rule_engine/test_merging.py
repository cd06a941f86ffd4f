import pytest

from regulars.rule_engine.merging import MergeField, MissingValues, fill_in, merge_fields


def test_fields_are_found_with_format_and_fallback() -> None:
    text = "{name|亲爱的会员}，您的券 {coupon.code} 到 {coupon.expires_at:date|月底} 有效"
    assert merge_fields(text) == [
        MergeField("name", None, "亲爱的会员"),
        MergeField("coupon.code"),
        MergeField("coupon.expires_at", "date", "月底"),
    ]
    assert "".join(each.written for each in merge_fields(text)) == (
        "{name|亲爱的会员}{coupon.code}{coupon.expires_at:date|月底}"
    )


@pytest.mark.parametrize(
    "text",
    ["{{7*7}}", "{0.__class__}", "{Name}", "{name", "{}", "{% if x %}", "{name|{other}", "${x y}"],
)
def test_what_is_no_merge_field_stays_as_it_stands(text: str) -> None:
    plain = fill_in(text.replace("{other}", "OTHER"), lambda field: None)
    assert plain == text.replace("{other}", "OTHER")


def test_values_are_put_in_once_and_never_read_again() -> None:
    values = {"name": "{city} {{x}} \\1", "city": "Shanghai"}
    assert fill_in("{name} in {city}", lambda field: values[field.path]) == (
        "{city} {{x}} \\1 in Shanghai"
    )


def test_a_missing_value_needs_a_fallback_and_all_missing_are_named() -> None:
    with pytest.raises(MissingValues) as caught:
        fill_in("{name} {city|your town} {tier}", lambda field: None)
    assert caught.value.paths == ["name", "tier"]
    assert fill_in("{city|your town}{x|}", lambda field: None) == "your town"
