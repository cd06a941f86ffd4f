"""What a record's page shows of its state: where it stands, its ways, and who is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from regulars.form_builder.field_types.choice import option_label
from regulars.form_builder.flow.naming import state_name, way_name
from regulars.form_builder.flow.offering import Standing, Way, standing_of
from regulars.form_builder.web.values import tone_of
from regulars.platform import i18n
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.members import list_members
from regulars.platform.db import UnitOfWork
from regulars.platform.i18n import Text


@dataclass(frozen=True)
class StatePanel:
    """What the record's page shows of its state; ``team`` are colleagues who can be asked."""

    standing: Standing
    label: str
    tone: str
    locale: str
    team: Sequence[tuple[int, str, bool]] = ()

    @property
    def returns(self) -> list[tuple[str, Text]]:
        """Where the record can be sent back to."""
        asked = self.standing.state.approval
        return [(each, self.state(each)) for each in asked.returned] if asked else []

    def state(self, value: str) -> Text:
        """What a state is called."""
        return state_name(self.standing.form, value)

    def words(self, way: Way) -> Text:
        """What the button of a way says."""
        return way_name(self.standing.form, way.way)

    def missing(self, way: Way) -> str:
        """The fields to be filled in first."""
        names = [self.standing.form.by_key[key].name for key in way.missing]
        return str(i18n.spoken(names, self.locale))

    @property
    def others(self) -> list[tuple[int, str]]:
        """Colleagues who can be asked: those who are here and not asked already."""
        asked = {each.row.member for each in self.standing.signers}
        return [(key, name) for key, name, active in self.team if active and key not in asked]

    def name(self, member: int | None) -> str:
        """What a colleague is called."""
        return next((name for key, name, _ in self.team if key == member), "—")


def panel_of(uow: UnitOfWork, access: Access, form_key: str, record_id: int) -> StatePanel | None:
    """The panel of a record; None for forms without states."""
    found = standing_of(uow, access, form_key, record_id)
    flow = found.form.workflow if found is not None else None
    if found is None or flow is None:
        return None
    field = found.form.by_key[flow.field]
    people = list_members(uow) if found.request else []
    team = [(each.id, each.name, each.active) for each in people]
    return StatePanel(
        found, option_label(field, found.state.value, access.locale),
        tone_of(field, found.state.value), access.locale, team,
    )  # fmt: skip
