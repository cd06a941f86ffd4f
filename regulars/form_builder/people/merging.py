"""Two records of one person become one, in one transaction, and one again two when asked.

The kept record takes the chosen values; everything that pointed to the other, and everything that
followed it (`person_followers`), goes over; the other goes to the recycle bin with a pointer.
Merging starts no rule: nothing happened to the person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from regulars.form_builder import removing, rollups, storing, writing
from regulars.form_builder.batch import Writing
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.converting import RowDraft
from regulars.form_builder.definition import LINKED
from regulars.form_builder.definitions_seen import known_forms, unknown_to
from regulars.form_builder.flow.asking import cancel_open
from regulars.form_builder.guarding import require_whole_people
from regulars.form_builder.history import record_entries
from regulars.form_builder.locks import locks_of
from regulars.form_builder.origin import Origin
from regulars.form_builder.people.choosing import FieldChoice, Kept, choose
from regulars.form_builder.people.erase_plan import known_links, relation_name
from regulars.form_builder.people.moving_links import links_of, move_links, pointing
from regulars.form_builder.people.person_forms import person_form
from regulars.form_builder.people.person_log import log_person
from regulars.form_builder.people.pointers import live_merge
from regulars.form_builder.people.tables import person_merge
from regulars.form_builder.querying import Record
from regulars.form_builder.records import get_record
from regulars.form_builder.told_definitions import is_known
from regulars.platform.accounts.access import Access, system_access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Forbidden, Invalid
from regulars.platform.i18n import Text
from regulars.platform.privacy.followers import Move, moved_counts, person_followers
from regulars.platform.problems import Problem

CAPABILITY = "merge_records"
ORIGIN_KIND = "merge"
UNSEEN = "unseen"


@dataclass(frozen=True)
class MergeWish:
    """Keep one record, drop the other. ``choose``: field → keep, drop or (tags, rows) both."""

    form: str
    keep: int
    drop: int
    choose: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class LinkCount:
    """How many records of a form point to the dropped one through a field.

    ``is_seen`` says whether whoever merges knows of that field.
    """

    form: str
    label: Text
    n: int
    is_seen: bool = True


@dataclass(frozen=True)
class MergePlan:
    """What a merge would do, for the preview."""

    keep: Record
    drop: Record
    choices: list[FieldChoice]
    all_links: list[LinkCount]
    follows: Mapping[str, int]
    problems: list[Problem] = field(default_factory=list)

    @property
    def links(self) -> list[LinkCount]:
        """The links that whoever merges knows of."""
        return [link for link in self.all_links if link.is_seen]

    @property
    def unseen(self) -> int:
        """How many records go over by links that they do not know of."""
        return sum(link.n for link in self.all_links if not link.is_seen)

    @property
    def counts(self) -> dict[str, int]:
        """Everything that goes over, by name; links by ``link:<form>``, or ``unseen``."""
        found = Counter(self.follows)
        for link in self.all_links:
            found[f"link:{link.form}" if link.is_seen else UNSEEN] += link.n
        return dict(found)


@dataclass(frozen=True)
class Merged:
    """What a merge did; ``again`` says that it had been done before."""

    id: int
    form: str
    keep: int
    drop: int
    counts: Mapping[str, int]
    again: bool = False


def plan_merge(uow: UnitOfWork, access: Access, wish: MergeWish) -> MergePlan:
    """What would happen; ``problems`` are those that the merge itself would meet."""
    work, keep, drop = _opened(uow, access, wish)
    return MergePlan(
        keep, drop, _choices(work, wish),
        _links(work, drop.id), moved_counts(uow, wish.form, drop.id),
    )  # fmt: skip


def try_merge(uow: UnitOfWork, access: Access, wish: MergeWish) -> MergePlan:
    """The plan, with the problems found by really doing it and taking everything back."""
    plan = plan_merge(uow, access, wish)
    try:
        with uow.savepoint():
            merge_people(uow, access, wish)
            raise _TakeBack
    except _TakeBack:
        return plan
    except Invalid as invalid:
        return MergePlan(
            plan.keep, plan.drop, plan.choices, plan.all_links, plan.follows, invalid.problems
        )


def merge_people(uow: UnitOfWork, access: Access, wish: MergeWish) -> Merged:
    """Merge; the same merge again answers what the first one did.

    Raises Invalid with every problem, Conflict while a rule is at work on one of them.
    """
    access.require(CAPABILITY)
    done = live_merge(uow, wish.form, wish.drop)
    if done is not None and done.kept == wish.keep:
        told = _told(uow, access, done.counts)
        return Merged(done.id, wish.form, done.kept, done.dropped, told, again=True)
    work, keep, drop = _opened(uow, access, wish)
    for follower in person_followers:
        follower.refuse_busy(uow, wish.form, [wish.keep, wish.drop])
    storing.load_rows(uow, work.form, work.tables, [wish.keep, wish.drop], lock=True)
    choices = _choices(work, wish)
    counts = MergePlan(
        keep, drop, choices, _links(work, drop.id), moved_counts(uow, wish.form, drop.id)
    ).counts
    move = Move(_begin(uow, access, wish, counts), wish.form, wish.keep, wish.drop)
    work.origin = Origin(ORIGIN_KIND, automation="none", ref=f"merge:{move.id}", restores=True)
    moved = _carry_out(work, move, choices)
    uow.execute(person_merge.update().where(person_merge.c.id == move.id).values(moved=moved))
    log_person(uow, access, wish.form, wish.keep, "merged", {"merge": move.id, "drop": wish.drop})
    return Merged(move.id, wish.form, wish.keep, wish.drop, counts)


def _carry_out(work: Writing, move: Move, choices: list[FieldChoice]) -> dict[str, Any]:
    """Everything in its order: the bin frees unique values before the survivor takes them."""
    uow, access = work.uow, work.access
    # nobody signs for a record that is gone, and the survivor's own request goes on
    cancel_open(uow, move.form, [move.drop], "cancelled")
    links = move_links(work, move.drop, move.keep)
    moved: dict[str, Any] = {"links": links.rows, "doubled": links.doubled}
    moved["followers"] = {
        name: person_followers.get(name).merge(uow, access, move)
        for name in person_followers.names()
    }
    removing.delete(work, [move.drop])
    moved["values"] = write_choices(work, move, choices)
    rollups.recompute_all(uow, work.catalog, move.form, [move.keep])
    _remember(work, move)
    for follower in person_followers:
        follower.settle(uow, access, move)
    return moved


def write_choices(work: Writing, move: Move, choices: list[FieldChoice]) -> dict[str, Any]:
    """Write what the survivor takes over; field → [before, after] in the API's JSON form."""
    draft = RowDraft(0, id=move.keep)
    for each in choices:
        if each.side == "keep" or not each.differs:
            continue
        if each.field.has_rows:
            draft.rows[each.field.key] = _row_drafts(work, each, move)
        else:
            draft.values[each.field.key] = _not_itself(work, each, move.keep)
    if not draft.values and not draft.rows:
        return {}
    writing.prepare(work, [draft])
    if draft.problems:
        raise Invalid(draft.problems)
    before = {
        key: storing.load_subform_rows(work.uow, work.form, work.tables, key, [move.keep])
        for key in draft.rows
    }
    changes = writing.changes_of(work, draft, before)
    writing.store(work, [draft])
    return changes


def _not_itself(work: Writing, choice: FieldChoice, record_id: int) -> Any:
    """The value, unless the survivor would point to itself."""
    own = choice.field.type == "link" and choice.field.settings.get("to") == work.form.key
    return None if own and choice.result == record_id else choice.result


def _row_drafts(work: Writing, choice: FieldChoice, move: Move) -> list[RowDraft]:
    """The rows that survive; among several links none leads to one of the two themselves."""
    stored = {each.key for each in choice.field.fields}
    columns = work.tables.rows[choice.field.key].main.c
    rows = choice.result
    if choice.field.has_links and choice.field.settings.get("to") == work.form.key:
        rows = [row for row in rows if row[LINKED] not in (move.keep, move.drop)]
    return [
        RowDraft(
            n, {k: v for k, v in row.items() if k in stored and k in columns}, id=row.get("id")
        )
        for n, row in enumerate(rows)
    ]


def _opened(uow: UnitOfWork, access: Access, wish: MergeWish) -> tuple[Writing, Record, Record]:
    """Both records, as far as the actor may change the one and delete the other."""
    access.require(CAPABILITY)
    catalog = catalog_of(uow)
    people = person_form(catalog, wish.form)
    if wish.keep == wish.drop:
        raise Invalid([Problem("drop", "merge-with-itself")])
    for verb in ("update", "delete"):
        if access.scope(wish.form, verb) == "none":
            raise Forbidden(f"may-not-{verb}", form=people.form.label)
    require_whole_people(access, people.form)
    keep = get_record(uow, access, wish.form, wish.keep, verb="update")
    drop = get_record(uow, access, wish.form, wish.drop, verb="delete")
    work = Writing(uow, access, catalog, people.form, Origin(ORIGIN_KIND, automation="none"))
    return work, keep, drop


def _choices(work: Writing, wish: MergeWish) -> list[FieldChoice]:
    """Made from what is really stored: the actor may see some of it masked."""
    everything = system_access(work.access.locale)
    keep = get_record(work.uow, everything, wish.form, wish.keep)
    drop = get_record(work.uow, everything, wish.form, wish.drop)
    whole, tags = set(), dict[str, frozenset[str]]()
    for lock in locks_of(work.uow):
        if lock.form == wish.form and lock.value is None:
            whole.add(lock.field)
        elif lock.form == wish.form and lock.value is not None:
            tags[lock.field] = tags.get(lock.field, frozenset()) | {lock.value}
    if work.form.workflow is not None:
        whole.add(work.form.workflow.field)  # the survivor stays where it is
    kept = Kept(frozenset(whole), tags)
    return choose(work.form, keep.values, drop.values, wish.choose, kept)


def _told(uow: UnitOfWork, access: Access, counts: Mapping[str, int]) -> dict[str, int]:
    """What somebody else's merge moved, without names of forms that this reader does not know."""
    found = Counter[str]()
    known = known_forms(uow, access)
    for name, n in counts.items():
        kind, _colon, form = name.partition(":")
        hidden = kind == "link" and known is not None and not is_known(access, form)
        found[UNSEEN if hidden else name] += n
    return dict(found)


def _links(work: Writing, record_id: int) -> list[LinkCount]:
    found = []
    known = known_links(work.catalog, work.form.key, unknown_to(work.uow, work.access))
    for source, each in links_of(work):
        n = len(pointing(work, source, each, record_id))
        if n:
            main = source.partition(".")[0]
            is_seen = relation_name(source, each) in known
            found.append(LinkCount(main, work.catalog.get_form(main).label, n, is_seen))
    return found


def _begin(uow: UnitOfWork, access: Access, wish: MergeWish, counts: Mapping[str, int]) -> int:
    made = uow.execute(
        person_merge.insert().values(
            form=wish.form, kept=wish.keep, dropped=wish.drop, moved={}, counts=dict(counts),
            actor=access.actor, actor_name=access.name, at=uow.now,
        )
    ).inserted_primary_key  # fmt: skip
    assert made is not None
    return int(made[0])


def _remember(work: Writing, move: Move) -> None:
    """A line in the survivor's history, even when none of its values changed."""
    row = storing.load_rows(work.uow, work.form, work.tables, [move.keep])[move.keep]
    record_entries(work.uow, [{
        "form": move.form, "record": move.keep, "version": row["version"], "action": "merged",
        "changes": {}, "actor": work.access.actor, "actor_name": work.access.name,
        "origin": work.origin.kind, "ref": work.origin.ref, "batch": None, "at": work.uow.now,
    }])  # fmt: skip


class _TakeBack(Exception):
    """Ends a trial."""
