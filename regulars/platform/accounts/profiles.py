"""A user's own name and language, in the account and in every workspace they belong to."""

from __future__ import annotations

from datetime import datetime

from regulars.platform.accounts import members, users
from regulars.platform.accounts.users import User
from regulars.platform.db import Database


def save_profile(
    database: Database, person: User, *, name: str, locale: str, now: datetime
) -> User:
    """Change the account, then the member rows that carry a copy for messages and histories."""
    with database.main_tx() as connection:
        users.update_profile(connection, person.id, name=name, locale=locale)
        changed = users.get_user(connection, person.id)
        places = users.workspaces_of(connection, person.id)
    for place in places:
        with database.workspace_tx(place, now=now) as uow:
            members.follow_user(uow, changed)
    return changed
