"""Where a write comes from; history names it and automation obeys it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

AUTOMATION = ("none", "live")

Chain = tuple[str, ...]
"""The rules that caused a change, the last one last."""


@dataclass(frozen=True)
class Origin:
    """The source of a write.

    ``kind`` is page, public, api, import, rule, pack or cli. With ``automation`` "none" the change
    is historic: it feeds rollups, timeline and mirrors but starts no rule. ``chain`` names the
    rules that caused it; ``at`` is the business time of the change when it is not now. What
    ``restores`` puts back values that were stored before: the form's logic neither changes nor
    refuses them. ``note`` is a word about why; with ``decides`` an approval has just come to its
    end, and the record goes where that leads.
    """

    kind: str
    automation: str = "live"
    chain: Chain = ()
    batch: int | None = None
    ref: str | None = None
    at: datetime | None = None
    restores: bool = False
    note: str | None = None
    decides: bool = False

    @property
    def is_historic(self) -> bool:
        """Whether this change starts nothing."""
        return self.automation == "none"

    @property
    def by_hand(self) -> bool:
        """Whether a person or an outside client chose the values."""
        return self.kind in ("page", "public", "api", "import", "cli")


PAGE = Origin("page")
API = Origin("api")
