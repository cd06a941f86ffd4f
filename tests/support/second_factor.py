"""A phone with an authenticator app, for tests of signing in."""

from dataclasses import dataclass, field

import pyotp

from regulars.platform.accounts import second_factors
from regulars.platform.accounts.users import User
from regulars.platform.db import Database
from regulars.platform.sealing import seal_for
from tests.support.site import SECRET


@dataclass
class Phone:
    """Shows the code of the database's clock; ``recovery`` are the codes on paper."""

    database: Database
    secret: str
    recovery: list[str] = field(default_factory=list)

    def code(self, steps: int = 0) -> str:
        """The six digits of now, or of some steps of 30 seconds later."""
        at = int(self.database.clock().timestamp()) // second_factors.STEP_SECONDS
        return pyotp.TOTP(self.secret).generate_otp(at + steps)


def phone_of(database: Database, person: User) -> Phone:
    """Turn the second factor of a person on; the code for it was that of two steps ago."""
    seal, now = seal_for((SECRET,)), database.clock()
    with database.main_tx() as connection:
        second_factors.begin(connection, seal, person.id, now=now)
        setup = second_factors.unfinished(connection, seal, person)
    assert setup is not None
    phone = Phone(database, setup.secret)
    phone.recovery = second_factors.confirm(database, seal, person.id, phone.code(-1), now=now)
    return phone
