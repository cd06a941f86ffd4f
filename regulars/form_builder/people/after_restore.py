"""Who was erased stays erased, even when an older backup of their workspace is brought back."""

from __future__ import annotations

from typing import Any

from regulars.form_builder.people.erasing import reapply_erasures
from regulars.platform.backups.hooks import Came
from regulars.platform.db import UnitOfWork


class EraseAgain:
    """Carries the list of erasures, which stands in the main store, out in the restored one."""

    def keep(self, uow: UnitOfWork) -> Any:
        """Nothing: the list is not in this store."""

    def settle(self, uow: UnitOfWork, came: Came) -> None:
        """Erase again whoever came back."""
        reapply_erasures(uow)
