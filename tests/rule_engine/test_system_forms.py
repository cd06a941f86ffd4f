import sqlalchemy as sa

from regulars.form_builder import expressing
from regulars.form_builder.catalog import catalog_of
from regulars.rule_engine.system_forms import SYSTEM_FORMS
from tests.support.rule_shop import RuleShop, journey, sms


def test_messages_runs_and_consents_can_be_asked_like_any_form(shop: RuleShop) -> None:
    shop.publish(sms(), journey())
    shop.order(shop.customer())
    shop.order(shop.customer(agrees=False))
    shop.tick()
    asked = {
        "sys_messages": {"field": "status", "op": "is", "value": "sent"},
        "sys_runs": {"field": "outcome", "op": "is", "value": "finished"},
        "sys_consents": {"field": "action", "op": "is", "value": "grant"},
    }
    found = {}
    with shop.work() as uow:
        catalog = catalog_of(uow)
        for form in SYSTEM_FORMS:
            tree, problems = catalog.condition(form.key, asked[form.key])
            assert problems == []
            where = expressing.where_sql(uow, catalog, tree, form.table)
            counted = sa.select(sa.func.count()).select_from(form.table).where(where)
            found[form.key] = uow.scalar(counted)
    assert found == {"sys_messages": 1, "sys_runs": 2, "sys_consents": 1}
