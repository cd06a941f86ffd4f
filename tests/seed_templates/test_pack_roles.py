"""S14 for packs: a pack may bring roles, none wider than whoever installs it."""

from copy import deepcopy
from typing import Any

import pytest

from regulars.platform.accounts.access import Access, system_access
from regulars.platform.accounts.role_book import roles_of
from regulars.platform.definitions import store
from regulars.platform.errors import Forbidden, Invalid
from regulars.seed_templates.effects import effects_of
from regulars.seed_templates.installer import Wishes, install, preview
from regulars.seed_templates.pack import Pack
from regulars.seed_templates.wording import effect_lines
from tests.seed_templates.small_pack import MANIFEST, pack_of, small_files
from tests.support.site import Site

PORTER: dict[str, Any] = {
    "kind": "role", "key": "porter", "label": {"en": "Porter", "zh-Hans": "门房"},
    "capabilities": ["manage_tasks"], "default": {"read": "own"},
    "forms": {"stays": {"read": "all"}, "guests": {"fields": {"name": "masked"}}},
}  # fmt: skip
INSTALLER: dict[str, Any] = {
    "kind": "role", "key": "installer", "label": "Installer",
    "capabilities": ["install_packs", "design_forms", "manage_roles", "manage_tasks"],
    "default": {"read": "all", "create": "all"},
}  # fmt: skip


def pack_with(role: dict[str, Any]) -> Pack:
    manifest = deepcopy(MANIFEST)
    manifest["contents"]["roles"] = [role["key"]]
    return pack_of(small_files(**{"pack.json": manifest, f"roles/{role['key']}.json": role}))


def installer(site: Site, *without: str) -> Access:
    caps = [each for each in INSTALLER["capabilities"] if each not in without]
    with site.database.workspace_tx(site.workspace) as uow:
        owner = system_access("en")
        store.save_draft(uow, owner, "role", {**INSTALLER, "capabilities": caps})
        store.publish(uow, owner, [("role", "installer")])
    with site.database.workspace_tx(site.workspace, write=False) as uow:
        return Access(None, "Ina", "installer", "en", (), "token", 1, roles=roles_of(uow))


def test_a_pack_brings_roles_that_can_be_given_at_once(site: Site) -> None:
    pack = pack_with(PORTER)
    assert any("Porter" in line for line in effect_lines(pack, effects_of(pack), "en"))
    access = installer(site)
    with site.database.workspace_tx(site.workspace) as uow:
        assert install(uow, access, pack, Wishes()).plan.is_new
    with site.database.workspace_tx(site.workspace) as uow:
        porter = roles_of(uow)["porter"]
        assert porter.scope("stays", "read", has_units=False) == "all"
        assert porter.field_right("guests", "name") == "masked"
        assert install(uow, system_access("en"), pack, Wishes()).is_nothing


@pytest.mark.parametrize(
    "wider",
    [
        {"capabilities": ["erase_people"]},
        {"default": {"delete": "own"}},
        {"forms": {"guests": {"export": "all"}}},
    ],
)
def test_no_role_of_a_pack_is_wider_than_its_installer(site: Site, wider: dict[str, Any]) -> None:
    access, pack = installer(site), pack_with({**PORTER, **wider})
    for attempt in (preview, install):
        with pytest.raises(Forbidden), site.database.workspace_tx(site.workspace) as uow:
            attempt(uow, access, pack, Wishes())
    with site.database.workspace_tx(site.workspace, write=False) as uow:
        assert "porter" not in roles_of(uow)


def test_who_may_not_make_roles_installs_none(site: Site) -> None:
    access = installer(site, "manage_roles")
    with pytest.raises(Forbidden), site.database.workspace_tx(site.workspace) as uow:
        install(uow, access, pack_with(PORTER), Wishes())


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": "owner"},
        {"forms": {"nowhere": {"read": "all"}}},
        {"forms": {"guests": {"fields": {"nothing": "hidden"}}}},
        {"capabilities": ["rule_the_world"]},
    ],
)
def test_a_role_that_means_nothing_is_refused_with_its_place(
    site: Site, wrong: dict[str, Any]
) -> None:
    with pytest.raises(Invalid) as refused, site.database.workspace_tx(site.workspace) as uow:
        install(uow, system_access("en"), pack_with({**PORTER, **wrong}), Wishes())
    assert any(problem.path.startswith("role") for problem in refused.value.problems)
