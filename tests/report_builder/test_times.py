"""Times of day in reports: reckoned as numbers, said as times."""

from regulars.platform.db import UnitOfWork
from regulars.platform.formats import Formats
from regulars.report_builder.wording import cell_text
from tests.report_builder.corner import ask
from tests.support.one_field import make, publish_things


def test_times_are_averaged_and_said_as_times(uow: UnitOfWork) -> None:
    publish_things(uow, type="time")
    for name, value in (("a", "09:00"), ("b", "10:01"), ("c", None)):
        make(uow, name, value)
    asked = [{"as": how, "aggregate": how, "field": "f"} for how in ("avg", "min", "max")]
    formats = Formats("en", uow.workspace.zone, "CNY", uow.now)

    def said(*dimensions: dict[str, str]) -> list[list[str]]:
        result = ask(uow, asked, source="things", dimensions=list(dimensions))
        return [
            [
                "" if value is None else cell_text(value, column, formats)
                for value, column in zip(row, result.columns, strict=True)
            ]
            for row in result.rows
        ]

    assert said() == [["09:30", "09:00", "10:01"]]
    assert ["10:01", "10:01", "10:01", "10:01"] in said({"as": "at", "field": "f"})
