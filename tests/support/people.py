"""People for tests with a browser: a member who is already signed in."""

from playwright.sync_api import BrowserContext

from regulars.platform.accounts import members, signing, users
from regulars.platform.accounts.users import NewUser
from regulars.platform.db import Workspace
from regulars.platform.ids import new_token
from regulars.platform.workspaces import list_workspaces
from tests.support.live_server import LiveServer
from tests.support.site import PASSWORD


def let_in(
    context: BrowserContext,
    server: LiveServer,
    name: str = "王小美",
    role: str = "owner",
    locale: str = "zh-Hans",
) -> Workspace:
    """Sign a member into this browser; the answer is the workspace they work in."""
    database, now = server.database, server.database.clock()
    place = list_workspaces(database)[0]
    email = f"{role}.{abs(hash(name)) % 10**6}@shop.example"
    with database.main_tx() as connection:
        person = users.find_user(connection, email)
        if person is None:
            newcomer = NewUser(email, name, PASSWORD, locale)
            person = users.create_user(connection, newcomer, now=now)
        users.join(connection, person.id, place.id)
    with database.workspace_tx(place) as uow:
        if members.find_member_of(uow, person.id) is None:
            members.add_member(uow, person, role)
    visit = new_token(32)
    signing.sign_in(database, person, visit, agent="test", now=now)
    context.add_cookies([{"name": "regulars", "value": visit, "url": server.url}])
    return place
