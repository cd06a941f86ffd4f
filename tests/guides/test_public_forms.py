import pytest

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.public_forms.links import make_links
from regulars.form_builder.public_forms.starting import first_public_form
from regulars.platform.accounts.access import system_access
from regulars.platform.definitions import store
from tests.guides.conftest import Walk
from tests.support.pictures import Picture

pytestmark = [pytest.mark.browser, pytest.mark.pictures]


def test_a_code_on_the_counter(walk: Walk, picture: Picture, language: str) -> None:
    access = system_access(language)
    with walk.server.database.workspace_tx(walk.place) as uow:
        form = catalog_of(uow).get_form("customers")
        store.save_draft(uow, access, "public_form", first_public_form(form, "join"))
        store.publish(uow, access, [("public_form", "join")])
        [link] = make_links(uow, access, "join", [None])
    picture(walk.go("/public-forms/join/edit"), "public-forms/settings")
    phone = walk.go("/public-forms/join", phone=True)
    phone.goto(f"{walk.server.url}{link.path}?_lang={language}")
    picture(phone, "public-forms/visitor")
