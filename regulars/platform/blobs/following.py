"""Files of people who are erased: the bytes go with the record, at once."""

from __future__ import annotations

from regulars.platform.accounts.access import Access
from regulars.platform.blobs.service import forget_record
from regulars.platform.db import UnitOfWork
from regulars.platform.privacy.followers import Counts, PersonFollower


class BlobFollower(PersonFollower):
    """Merging moves files with the values of their fields; erasing deletes them here."""

    def erase(self, uow: UnitOfWork, access: Access, form: str, record: int) -> Counts:
        """Delete them for good."""
        return {"blob": forget_record(uow, form, record)}
