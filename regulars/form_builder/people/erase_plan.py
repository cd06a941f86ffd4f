"""What erasing somebody would do, before it is done: every link with its policy, every table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.catalog import FormCatalog, catalog_of
from regulars.form_builder.definition import LINKED, FieldDefinition
from regulars.form_builder.definitions_seen import Unknown, unknown_to
from regulars.form_builder.people.identities import Person, open_person
from regulars.form_builder.people.mentions import mentions_of
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.platform.i18n import Text
from regulars.platform.privacy.holdings import all_holdings
from regulars.platform.problems import Problem

POLICIES = ("anonymise", "delete", "keep")


@dataclass(frozen=True)
class EraseWish:
    """Whom to erase. ``relations``: link → policy; ``reasons``: link → why it is kept.

    ``confirm`` is the person's title, typed by whoever is sure.
    """

    form: str
    record: int
    relations: Mapping[str, Any] = dataclass_field(default_factory=dict)
    reasons: Mapping[str, str] = dataclass_field(default_factory=dict)
    confirm: str = ""


@dataclass(frozen=True)
class Relation:
    """One link of a form to the person. ``owners`` are the records that have the rows."""

    source: str  # orders, orders.items
    field: FieldDefinition
    label: Text
    ids: tuple[int, ...]
    owners: frozenset[int]
    policy: str
    is_seen: bool = True  # whether whoever erases knows of this link

    @property
    def name(self) -> str:
        """How wishes name it: ``orders.customer``; of several links, their field."""
        return relation_name(self.source, self.field)

    @property
    def form(self) -> str:
        """The form of the records."""
        return self.source.partition(".")[0]

    @property
    def policies(self) -> tuple[str, ...]:
        """What may be chosen; single rows of a record are never deleted on their own."""
        return POLICIES if "." not in self.source else ("anonymise", "keep")


@dataclass(frozen=True)
class ErasePlan:
    """What would happen: links by policy, tables by number of rows.

    ``names`` are the links that may be spoken of, also those that nothing stands in; ``mentions``
    are definitions and views to look through by hand.
    """

    person: Person
    relations: list[Relation]
    holdings: Mapping[str, int]
    names: frozenset[str]
    mentions: tuple[Text, ...] = ()

    @property
    def seen(self) -> list[Relation]:
        """The links that whoever erases knows of; what becomes of those may be chosen."""
        return [relation for relation in self.relations if relation.is_seen]

    @property
    def unseen(self) -> int:
        """How many records and rows are let go of by links that they do not know of."""
        return sum(len(relation.ids) for relation in self.relations if not relation.is_seen)


def relation_name(source: str, field: FieldDefinition) -> str:
    """``orders.customer``, ``orders.items.buyer``; ``notes.about`` of several links."""
    return source if field.key == LINKED else f"{source}.{field.key}"


def plan_erasure(uow: UnitOfWork, access: Access, wish: EraseWish) -> ErasePlan:
    """The plan; links that the wish does not name, or must not know of, are anonymised."""
    access.require("erase_people")
    person = open_person(uow, access, wish.form, wish.record, verb="delete")
    counts = {
        holding.name: holding.count(uow, wish.form, person.ids) for holding in all_holdings()
    }
    catalog = catalog_of(uow)
    names = known_links(catalog, person.form, unknown_to(uow, access))
    wanted = {name: policy for name, policy in wish.relations.items() if name in names}
    relations = (
        replace(relation, is_seen=relation.name in names)
        for relation in _relations(uow, catalog, person, wanted)
    )
    held = {name: n for name, n in counts.items() if n}
    mentions = tuple(mentions_of(uow, person))
    return ErasePlan(person, list(relations), held, names, mentions)


def known_links(catalog: FormCatalog, form: str, unknown: Unknown) -> frozenset[str]:
    """The links to records of this form that somebody with these gaps knows of, by name."""
    found = set()
    for source, field in catalog.links_to(form):
        name = relation_name(source, field)
        main, _dot, path = name.partition(".")
        if not {path, path.partition(".")[0]} & unknown.get(main, frozenset()):
            found.add(name)
    return frozenset(found)


def check_wish(wish: EraseWish, plan: ErasePlan) -> None:
    """Raise Invalid with everything that stands in the way of carrying it out."""
    problems = []
    known = {relation.name: relation for relation in plan.relations}
    for name, policy in wish.relations.items():
        relation = known.get(name)
        if name not in plan.names:
            problems.append(
                Problem(f"relations/{name[:80]}", "unknown-field", {"field": name[:80]})
            )
        elif relation is None:
            if policy not in POLICIES:
                problems.append(_unknown(name, policy, POLICIES))
        elif policy not in relation.policies:
            problems.append(_unknown(name, policy, relation.policies))
        elif policy == "keep" and not str(wish.reasons.get(name, "")).strip():
            problems.append(Problem(f"reasons/{name}", "keep-needs-reason"))
    if " ".join(wish.confirm.split()).casefold() != " ".join(plan.person.title.split()).casefold():
        problems.append(Problem("confirm", "erase-not-confirmed", {"name": plan.person.title}))
    if problems:
        raise Invalid(problems)


def _unknown(name: str, policy: Any, allowed: tuple[str, ...]) -> Problem:
    told = {"value": str(policy)[:40], "allowed": list(allowed)}
    return Problem(f"relations/{name[:80]}", "not-an-option", told)


def _relations(
    uow: UnitOfWork, catalog: FormCatalog, person: Person, wanted: Mapping[str, Any]
) -> Iterator[Relation]:
    for source, field in catalog.links_to(person.form):
        table = catalog.source().table(source)
        owner = table.c.parent if "." in source else table.c.id
        rows = uow.execute(
            sa.select(table.c.id, owner.label("owner")).where(table.c[field.key].in_(person.ids))
        ).all()
        own = source == person.form
        ids = [row.id for row in rows if not (own and row.id in person.ids)]
        if not ids:
            continue
        label = catalog.get_form(source.partition(".")[0]).label
        policy = str(wanted.get(relation_name(source, field), "anonymise"))
        yield Relation(
            source, field, label, tuple(ids), frozenset(row.owner for row in rows), policy
        )
