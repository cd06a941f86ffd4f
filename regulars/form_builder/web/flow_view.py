"""What the states page shows: states, ways as sentences, the picture, and the open small form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from regulars.form_builder import service
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_types.choice import option_label
from regulars.form_builder.flow.checking import MEMBER_TYPES
from regulars.form_builder.flow.definition import Signer, State, Transition, Workflow
from regulars.form_builder.flow.drawing import Picture, picture_of
from regulars.form_builder.logic.words import Sayer
from regulars.form_builder.web.flow_words import FlowSayer
from regulars.form_builder.web.logic_opened import row_open
from regulars.form_builder.web.logic_view import LogicPage, logic_page
from regulars.form_builder.web.values import tone_of
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.role_book import roles_of
from regulars.platform.accounts.web.role_words import role_name
from regulars.platform.db import UnitOfWork
from regulars.platform.formats import Formats
from regulars.platform.i18n import pick, translate
from regulars.platform.problems import Problem

Options = list[tuple[str, str]]


@dataclass(frozen=True)
class ShownState:
    """One state with its words and what is wrong with it."""

    number: int
    state: State
    label: str
    tone: str
    locks: str
    approval: Sequence[str]
    problems: Sequence[str]


@dataclass(frozen=True)
class ShownWay:
    """One way as a sentence, what it asks for besides, and what is wrong with it."""

    number: int
    way: Transition
    words: str
    asks: Sequence[str]
    problems: Sequence[str]


@dataclass(frozen=True)
class StatesPage(LogicPage):
    """Everything on the page; the small forms of conditions are those of the logic page."""

    shows: ClassVar[str] = "designer.states"
    keeps: ClassVar[str] = "designer.change_states"
    root: ClassVar[str] = "#states"
    states: Sequence[ShownState] = ()
    ways: Sequence[ShownWay] = ()
    picture: Picture | None = None
    roles: Sequence[str] = ()
    at_large: Sequence[str] = ()  # problems of no state and no way

    @property
    def flow(self) -> Workflow | None:
        """The states as they are drafted."""
        return self.form.workflow

    @property
    def choices_of_form(self) -> Options:
        """The fields that could hold states."""
        return self.named([e for e in self.form.fields if e.type == "choice"])

    @property
    def state_options(self) -> Options:
        """Every state by its value."""
        return [(each.state.value, each.label) for each in self.states]

    def tone(self, value: str) -> str:
        """The colour of a state."""
        return next((each.tone for each in self.states if each.state.value == value), "gray")

    def label_of(self, value: str) -> str:
        """What a state is called."""
        return next((each.label for each in self.states if each.state.value == value), value)

    @property
    def people(self) -> Options:
        """Those who can sign."""
        return list(self._people())

    @property
    def movers(self) -> Options:
        """Those who can be named for a way."""
        return [*self._people(), ("owner", self._word("who-owner")),
                ("rules", self._word("who-rules"))]  # fmt: skip

    @property
    def editable(self) -> list[FieldDefinition]:
        """The fields that a state can lock, or a way can ask for."""
        own = self.flow.field if self.flow is not None else ""
        return [each for each in self.filled() if each.key != own]

    @property
    def way_open(self) -> Transition:
        """The way of the open form, a new one where it names none."""
        number = self.asked("n")
        found = [each.way for each in self.ways if str(each.number) == number]
        return found[0] if found else Transition("", (), "")

    def _people(self) -> Iterator[tuple[str, str]]:
        for key in self.roles:
            yield f"role:{key}", role_name(key)
        yield "manager", self._word("who-manager")
        for each in self.form.fields:
            if each.type in MEMBER_TYPES:
                name = pick(each.name, self.locale)
                yield f"field:{each.key}", self._word("who-field", field=name)

    def _word(self, name: str, **words: Any) -> str:
        return translate(f"flow.{name}", self.locale, **words)


def codes_of(way: Transition) -> list[str]:
    """Who may go a way, as the ticks of its form say it."""
    who = way.who
    found = [*(f"role:{each}" for each in who.roles), *(f"field:{each}" for each in who.fields)]
    return [*found, *(name for name in ("owner", "manager", "rules") if getattr(who, name))]


def code_of(signer: Signer) -> str:
    """One signer as the ticks of its form say it."""
    return signer.kind if signer.kind == "manager" else f"{signer.kind}:{signer.name}"


def states_page(
    uow: UnitOfWork, access: Access, key: str, wanted: Mapping[str, str],
    errors: Mapping[str, Sequence[str]] | None = None,
) -> StatesPage:  # fmt: skip
    """The page with one small form open, if any."""
    base = logic_page(uow, access, key, wanted, errors)
    shop, form = uow.workspace, base.form
    say = FlowSayer(
        Sayer(base.catalog, form, Formats(access.locale, shop.zone, shop.currency, uow.now))
    )
    problems = [
        each for each in service.draft_problems(uow, key) if each.path.startswith("workflow")
    ]
    flow = form.workflow
    known = {each.name: getattr(base, each.name) for each in fields(LogicPage)}
    if flow is None or form.find(flow.field) is None:
        return StatesPage(**known, at_large=[each.message(access.locale) for each in problems])
    opened = {**base.open, **_row_of(flow, wanted)}
    return StatesPage(
        **{**known, "open": opened}, states=list(_states(say, form, flow, problems)),
        ways=list(_ways(say, flow, problems)), picture=picture_of(flow),
        roles=list(roles_of(uow)),
        at_large=[e.message(access.locale) for e in problems if _is_at_large(e.path)],
    )  # fmt: skip


def _row_of(flow: Workflow, wanted: Mapping[str, str]) -> dict[str, Any]:
    """The condition of a way as the inputs of its form show it."""
    number = wanted.get("n", "")
    if set(wanted) - {"at", "n"} or wanted.get("at") != "row" or not number.isdecimal():
        return {}
    ways = flow.transitions
    when = ways[int(number)].when if int(number) < len(ways) else None
    return row_open(when) if when else {}


def _states(
    say: FlowSayer, form: FormDefinition, flow: Workflow, problems: Sequence[Problem]
) -> Iterator[ShownState]:
    holder = form.by_key[flow.field]
    for number, each in enumerate(flow.states):
        asked = list(say.approval(each.approval)) if each.approval is not None else []
        label = option_label(holder, each.value, say.say.locale)
        yield ShownState(
            number, each, label, tone_of(holder, each.value), say.locks(each), asked,
            _at(problems, f"workflow/states/{number}", say.say.locale),
        )  # fmt: skip


def _ways(say: FlowSayer, flow: Workflow, problems: Sequence[Problem]) -> Iterator[ShownWay]:
    for number, each in enumerate(flow.transitions):
        place = f"workflow/transitions/{number}"
        found = _at(problems, place, say.say.locale)
        yield ShownWay(number, each, say.way(each), list(say.asks(each)), found)


def _at(problems: Sequence[Problem], place: str, locale: str) -> list[str]:
    """What is wrong at a place or below it, each once."""
    here = (e for e in problems if e.path == place or e.path.startswith(f"{place}/"))
    return list(dict.fromkeys(each.message(locale) for each in here))


def _is_at_large(path: str) -> bool:
    return not path.startswith(("workflow/states/", "workflow/transitions/"))
