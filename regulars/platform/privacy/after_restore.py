"""Who has refused since a backup was made is not asked to refuse again when it is restored."""

from __future__ import annotations

from typing import Any

from regulars.platform.accounts.access import system_access
from regulars.platform.backups.hooks import Came
from regulars.platform.db import UnitOfWork
from regulars.platform.inserting import insert_new
from regulars.platform.privacy.consents import ConsentChange, set_consents_bulk
from regulars.platform.privacy.ledger import consent_state
from regulars.platform.privacy.suppressions import suppression

SOURCE = "restore"


class KeepRefusals:
    """Carries refusals that are younger than the backup over into the restored store."""

    def keep(self, uow: UnitOfWork) -> Any:
        """Everything that is refused now."""
        rows = uow.execute(consent_state.select())
        return [row for row in rows if not row.granted]

    def settle(self, uow: UnitOfWork, came: Came) -> None:
        """Withdraw once more what the backup believes to be granted."""
        granted = {
            (row.form, row.record, row.purpose, row.channel)
            for row in uow.execute(consent_state.select())
            if row.granted
        }
        changes = [
            ConsentChange(
                row.form, row.record, row.purpose, row.channel, "withdraw", SOURCE, None, at=row.at
            )
            for row in came.kept or ()
            if (row.form, row.record, row.purpose, row.channel) in granted
        ]
        if changes:
            set_consents_bulk(uow, system_access(uow.workspace.locale), changes, historic=True)


class KeepSuppressions:
    """An address that bounced or said STOP since the backup stays on the list."""

    def keep(self, uow: UnitOfWork) -> Any:
        """The whole list."""
        return [dict(row._mapping) for row in uow.execute(suppression.select())]

    def settle(self, uow: UnitOfWork, came: Came) -> None:
        """Add what the backup does not know."""
        insert_new(uow, suppression, came.kept or (), "channel")
