"""Date and time: what no page could show in the shop's own time is not taken."""

import pytest

from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from tests.support.one_field import make, publish_things, value_of


def test_the_last_moment_is_the_last_of_the_shops_own_time(uow: UnitOfWork) -> None:
    publish_things(uow, type="datetime")
    assert value_of(uow, make(uow, "a", "9999-12-31T23:59:59")) == "9999-12-31T15:59:59Z"
    with pytest.raises(Invalid) as refused:
        make(uow, "b", "9999-12-31T16:00:00Z")
    assert [each.code for each in refused.value.problems] == ["not-a-datetime"]
