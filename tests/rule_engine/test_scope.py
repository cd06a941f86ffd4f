"""What names mean inside a rule."""

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.rows import StoredRecords
from regulars.platform.db import UnitOfWork
from regulars.platform.expressions.evaluate import Context
from regulars.platform.expressions.types import Moment
from regulars.rule_engine.scope import Scope
from tests.support.shop_forms import publish_forms

MEMBERS = {
    "kind": "form",
    "key": "members",
    "label": "Members",
    "fields": [{"key": "name", "type": "text"}, {"key": "vip", "type": "boolean"}],
}


def test_a_yes_or_no_that_nobody_gave_stays_unknown(uow: UnitOfWork) -> None:
    publish_forms(uow, [MEMBERS])
    catalog = catalog_of(uow)
    scope = Scope.start(catalog, "members", None)
    context = Context(Moment(uow.now, uow.workspace.tz), StoredRecords(uow, catalog))
    row = {"id": 1, "name": None, "vip": None}
    for text in ("vip", "subject.vip", "IF(ISEMPTY(name), vip, TRUE)"):
        tree, problems = scope.formula(text)
        assert problems == []
        assert scope.closure(tree)({**row, "subject": 1}, context) is None
    tree, _ = scope.condition({"formula": "NOT vip"})
    assert scope.closure(tree)(row, context) is True
