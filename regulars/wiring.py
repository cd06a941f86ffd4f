"""The one explicit list of what this product is made of; `wire` registers it, once per process."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache

from regulars.form_builder import health as form_health
from regulars.form_builder.access_cases import watching as access_cases
from regulars.form_builder.access_cases.tables import access_case
from regulars.form_builder.api_schemas import instances as form_schemas
from regulars.form_builder.attachment_desk import AttachmentDesk
from regulars.form_builder.backing_up import MendForms, form_tables
from regulars.form_builder.bulk.desk import BulkDesk
from regulars.form_builder.changing.desk import ChangeDesk
from regulars.form_builder.comments.tables import comment
from regulars.form_builder.field_types.all_of_them import FIELD_TYPES
from regulars.form_builder.field_types.base import field_types
from regulars.form_builder.flow.asking import HOLDER as APPROVALS
from regulars.form_builder.flow.deciding import Approvals
from regulars.form_builder.flow.moments import flow_moments
from regulars.form_builder.flow.tables import approval_request, approval_signer, flow_entry
from regulars.form_builder.flow.watching import ApprovalDesk
from regulars.form_builder.importing.batches import JOB as IMPORT_JOB
from regulars.form_builder.importing.desk import LONGEST as LONGEST_IMPORT
from regulars.form_builder.importing.desk import ImportDesk
from regulars.form_builder.importing.uses import import_uses
from regulars.form_builder.indexing.advice import index_uses
from regulars.form_builder.indexing.desk import JOB as INDEX_JOB
from regulars.form_builder.indexing.desk import LONGEST as LONGEST_INDEXING
from regulars.form_builder.indexing.desk import IndexDesk
from regulars.form_builder.kind import form_kind
from regulars.form_builder.locks import lock_sources
from regulars.form_builder.own_views.keeping import forget_member
from regulars.form_builder.own_views.uses import own_view_uses
from regulars.form_builder.people import sweeps
from regulars.form_builder.people.after_restore import EraseAgain
from regulars.form_builder.people.holdings import HOLDINGS as PEOPLE_HOLDINGS
from regulars.form_builder.people.moments import merge_moments
from regulars.form_builder.people.sweeps import SweepDesk
from regulars.form_builder.people_forms import MEMBERS, UNITS
from regulars.form_builder.printing.kind import print_kind
from regulars.form_builder.public_forms.kind import public_form_kind
from regulars.form_builder.public_forms.opting_in import senders
from regulars.form_builder.public_forms.tables import public_opt_in, public_submission
from regulars.form_builder.role_checks import check_role
from regulars.form_builder.roles_seen import fill_role, tell_role
from regulars.form_builder.searching.desk import SearchDesk
from regulars.form_builder.system_forms import SystemForm, system_forms
from regulars.form_builder.tills.kind import till_kind
from regulars.form_builder.tills.tables import KnownSales
from regulars.form_builder.timeline import timeline_sources
from regulars.form_builder.today import TasksToday
from regulars.form_builder.verification import ComparisonDesk
from regulars.form_builder.web import task_pages
from regulars.platform import addresses, events, jobs, redis_server
from regulars.platform.accounts import role_keeping, second_factors
from regulars.platform.accounts.leaving import kept_for_members
from regulars.platform.accounts.role_kind import role_kind
from regulars.platform.backups import records as backup_records
from regulars.platform.backups.desk import JOB as BACKUP_JOB
from regulars.platform.backups.desk import LONGEST as LONGEST_BACKUP
from regulars.platform.backups.desk import BackupDesk
from regulars.platform.backups.hooks import (
    AfterRestore,
    HeldWork,
    after_restore,
    held_work,
    record_tables,
)
from regulars.platform.backups.upgrading import Say, bring_up
from regulars.platform.blobs.following import BlobFollower
from regulars.platform.config import Config
from regulars.platform.db import Database, UnitOfWork
from regulars.platform.definitions.kinds import DefinitionKind, kinds
from regulars.platform.definitions.uses import use_sources
from regulars.platform.definitions.watching import publish_watches
from regulars.platform.health import storage as storage_health
from regulars.platform.health.findings import health_checks
from regulars.platform.jobs import RedisBell
from regulars.platform.mailer import mailer_for
from regulars.platform.privacy import health as privacy_health
from regulars.platform.privacy import suppressions
from regulars.platform.privacy.after_restore import KeepRefusals, KeepSuppressions
from regulars.platform.privacy.consent_follower import ConsentFollower
from regulars.platform.privacy.followers import person_followers
from regulars.platform.privacy.holdings import further_holdings
from regulars.platform.privacy.row_followers import RowFollower
from regulars.platform.sealing import Seal, seal_for
from regulars.platform.signed_jobs import JobKind
from regulars.platform.tasks.service import task_holders
from regulars.platform.tasks.tables import task
from regulars.platform.ticker import Tick
from regulars.platform.today import TodaySource, today_sources
from regulars.platform.web.api_route import expansions
from regulars.platform.web.idempotency import KeptAnswers
from regulars.platform.workspaces import list_workspaces
from regulars.report_builder.analyses.base import Analysis, analyses
from regulars.report_builder.analyses.cohort import Cohort
from regulars.report_builder.analyses.lifecycle import Lifecycle
from regulars.report_builder.analyses.repurchase import Repurchase
from regulars.report_builder.analyses.retention import Retention
from regulars.report_builder.analyses.rfm import Rfm
from regulars.report_builder.charts.bar import BarChart
from regulars.report_builder.charts.base import Chart, charts
from regulars.report_builder.charts.cohort import CohortGrid
from regulars.report_builder.charts.line import LineChart
from regulars.report_builder.charts.number import NumberChart
from regulars.report_builder.charts.table import TableChart
from regulars.report_builder.delivering import ReportsToSend
from regulars.report_builder.index_uses import report_uses
from regulars.report_builder.kinds import dashboard_kind, report_kind
from regulars.rule_engine import health as rule_health
from regulars.rule_engine import hooks, mirror_values, webhooks
from regulars.rule_engine import system_forms as rule_sources
from regulars.rule_engine.channels import accounts as channel_accounts
from regulars.rule_engine.channels.base import Surroundings, providers
from regulars.rule_engine.channels.every import PROVIDERS
from regulars.rule_engine.confirming import send_confirmation
from regulars.rule_engine.following import RuleFollower
from regulars.rule_engine.goals.kind import goal_kind
from regulars.rule_engine.goals.uses import goal_uses
from regulars.rule_engine.holdings import HOLDINGS as RULE_HOLDINGS
from regulars.rule_engine.index_uses import rule_uses
from regulars.rule_engine.inquiring import InquiryDesk
from regulars.rule_engine.kinds import message_kind, rule_kind
from regulars.rule_engine.lingering import PATIENCE
from regulars.rule_engine.moments import rule_moments
from regulars.rule_engine.publishing import JOB
from regulars.rule_engine.reporting import REPORTS, reporting
from regulars.rule_engine.restored import HeldMessages, LetGo
from regulars.rule_engine.self_check import desk as self_check
from regulars.rule_engine.simulating.desk import SimulationDesk
from regulars.rule_engine.steps.base import StepKind, step_kinds
from regulars.rule_engine.steps.flow import Branch, Split, Stop
from regulars.rule_engine.steps.many import ForEach, UpdateRelated
from regulars.rule_engine.steps.messages import SendMessage
from regulars.rule_engine.steps.records import CreateRecord, UpdateRecord
from regulars.rule_engine.steps.reports import RunReport
from regulars.rule_engine.steps.rules import CallRule
from regulars.rule_engine.steps.staff import NotifyStaff
from regulars.rule_engine.steps.tags import AddTags, RemoveTags
from regulars.rule_engine.steps.tasks import Approval, CreateTask
from regulars.rule_engine.steps.waiting import Wait, WaitFor, WaitUntil
from regulars.rule_engine.steps.webhooks import CallWebhook
from regulars.rule_engine.ticking import Engine
from regulars.rule_engine.today import RulesToday
from regulars.rule_engine.triggers.base import TriggerKind, trigger_kinds
from regulars.rule_engine.triggers.clock import DateField as OnDateField
from regulars.rule_engine.triggers.clock import Manual, Once, Scan
from regulars.rule_engine.triggers.happenings import (
    MESSAGE_TURNS,
    TASK_TURNS,
    ConsentGranted,
    ConsentWithdrawn,
    MirrorEntered,
    MirrorLeft,
)
from regulars.rule_engine.triggers.outside import FormSubmitted, NamedEvent, Webhook
from regulars.rule_engine.triggers.records import RecordCreated, RecordDeleted, RecordUpdated

log = logging.getLogger(__name__)

SYSTEM_FORMS: tuple[SystemForm, ...] = (UNITS, MEMBERS, *rule_sources.SYSTEM_FORMS)
ANALYSES: tuple[Analysis, ...] = (Lifecycle(), Retention(), Cohort(), Repurchase(), Rfm())
CHARTS: tuple[Chart, ...] = (NumberChart(), LineChart(), BarChart(), TableChart(), CohortGrid())
TRIGGERS: tuple[TriggerKind, ...] = (
    RecordCreated(), RecordUpdated(), RecordDeleted(), Scan(), Once(), OnDateField(), Manual(),
    MirrorEntered(), MirrorLeft(), ConsentGranted(), ConsentWithdrawn(), *MESSAGE_TURNS,
    *TASK_TURNS, FormSubmitted(), NamedEvent(), Webhook(),
)  # fmt: skip
STEPS: tuple[StepKind, ...] = (
    SendMessage(), CreateRecord(), UpdateRecord(), AddTags(), RemoveTags(), Wait(), WaitUntil(),
    WaitFor(), Branch(), Split(), ForEach(), CallRule(), UpdateRelated(), Stop(), CreateTask(),
    Approval(), CallWebhook(), NotifyStaff(), RunReport(),
)  # fmt: skip
RULE_FOLLOWER, CONSENT_FOLLOWER = RuleFollower(), ConsentFollower()
BLOB_FOLLOWER = BlobFollower()
TASK_FOLLOWER = RowFollower(task, "tasks")
COMMENT_FOLLOWER = RowFollower(comment, "comments")
CASE_FOLLOWER = RowFollower(access_case, "access_cases")
TASK_HOLDER = Approvals()
ROW_FOLLOWERS = tuple(
    RowFollower(table, table.name)
    for table in (approval_request, approval_signer, flow_entry, public_submission, public_opt_in)
)
REPORTS_TO_SEND = ReportsToSend()

AFTER_RESTORE: dict[str, AfterRestore] = {
    "forms": MendForms(),
    "rules": LetGo(),
    "erasures": EraseAgain(),
    "refusals": KeepRefusals(),
    "suppressions": KeepSuppressions(),
}
TODAY: dict[str, TodaySource] = {"tasks": TasksToday(), "rules": RulesToday()}
HELD_WORK: dict[str, HeldWork] = {"messages": HeldMessages()}


@cache
def definition_kinds() -> tuple[DefinitionKind, ...]:
    """Every kind of definition; their schemas are composed of what is registered before."""
    return (
        form_kind(),
        print_kind(),
        public_form_kind(),
        till_kind(),
        message_kind(),
        rule_kind(),
        goal_kind(),
        report_kind(),
        dashboard_kind(),
        role_kind(check_role, tell_role, fill_role),
    )


def wire() -> None:
    """Register everything; calling it again changes nothing."""
    for each in FIELD_TYPES:
        field_types.register(each.name, each)
    for form in SYSTEM_FORMS:
        system_forms.register(form.key, form)
    for analysis in ANALYSES:
        analyses.register(analysis.name, analysis)
    for chart in CHARTS:
        charts.register(chart.name, chart)
    for trigger in TRIGGERS:
        trigger_kinds.register(trigger.name, trigger)
    for step in STEPS:
        step_kinds.register(step.name, step)
    for provider in PROVIDERS:
        providers.register(provider.name, provider)
    reporting.register(REPORTS, REPORTS_TO_SEND)
    senders.register("messages", send_confirmation)
    lock_sources.register("mirrors", mirror_values.locks)
    events.listeners.register("rules", ring_for_rules)
    timeline_sources.register("rules", rule_moments)
    index_uses.register("rules", rule_uses)
    index_uses.register("reports", report_uses)
    timeline_sources.register("merges", merge_moments)
    timeline_sources.register("tasks", task_pages.task_moments)
    timeline_sources.register("states", flow_moments)
    task_holders.register(APPROVALS, TASK_HOLDER)
    for check in (
        *storage_health.CHECKS, *form_health.CHECKS, *rule_health.CHECKS, *self_check.CHECKS,
        *privacy_health.CHECKS, *sweeps.CHECKS, *access_cases.CHECKS,
    ):  # fmt: skip
        health_checks.register(check.name, check)
    for kind in definition_kinds():
        kinds.register(kind.name, kind)
    expansions.register("form", form_schemas)
    _wire_people()
    _wire_uses()
    _wire_backups()


def _wire_people() -> None:
    for name, source in TODAY.items():
        today_sources.register(name, source)
    for holding in (*PEOPLE_HOLDINGS, *RULE_HOLDINGS):
        further_holdings.register(holding.name, holding)
    person_followers.register("rules", RULE_FOLLOWER)
    person_followers.register("consents", CONSENT_FOLLOWER)
    person_followers.register("tasks", TASK_FOLLOWER)
    person_followers.register("comments", COMMENT_FOLLOWER)
    person_followers.register("access cases", CASE_FOLLOWER)
    person_followers.register("files", BLOB_FOLLOWER)
    kept_for_members.register("own views", forget_member)
    for each in ROW_FOLLOWERS:
        person_followers.register(each.name, each)


def _wire_uses() -> None:
    use_sources.register("imports", import_uses)
    use_sources.register("roles", role_keeping.role_uses)
    use_sources.register("access cases", access_cases.case_uses)
    use_sources.register("own views", own_view_uses)
    use_sources.register("goals", goal_uses)
    publish_watches.register("access cases", access_cases.watch)


def _wire_backups() -> None:
    record_tables.register("forms", form_tables)
    for name, hook in AFTER_RESTORE.items():
        after_restore.register(name, hook)
    for name, work in HELD_WORK.items():
        held_work.register(name, work)


def ring_for_rules(uow: UnitOfWork) -> None:
    """Wake a worker once what happened is committed."""
    uow.after_commit(jobs.ringer(JOB))


def job_kinds(database: Database) -> tuple[JobKind, ...]:
    """What workers may be asked to do, and in which queue it waits."""
    rules, desk, indexes = rule_engine(database), ImportDesk(database), IndexDesk(database)
    backups = backup_desk(database)
    changes, searches = ChangeDesk(database), SearchDesk(database)
    return (
        JobKind(BACKUP_JOB, "long", lambda _payload: backups.answer(), LONGEST_BACKUP),
        JobKind(JOB, "rules", lambda _payload: rules.answer(PATIENCE), 120),
        changes.job(),
        BulkDesk(database).job(),
        SimulationDesk(database).job(),
        self_check.SelfCheckDesk(database).job(),
        searches.job(),
        SweepDesk(database).job(),
        JobKind(IMPORT_JOB, "long", lambda _payload: desk.answer(), LONGEST_IMPORT),
        JobKind(INDEX_JOB, "long", lambda _payload: indexes.answer(), LONGEST_INDEXING),
    )


def ticks(database: Database) -> tuple[Tick, ...]:
    """What the ticker looks after every few seconds."""
    files = AttachmentDesk(database)
    changes = ChangeDesk(database)
    rules, desk, answers = rule_engine(database), ImportDesk(database), KeptAnswers(database)
    indexes, comparison = IndexDesk(database), ComparisonDesk(database)
    backups, sales = backup_desk(database), KnownSales(database)
    return (
        Tick("backup plan", backups.plan, is_due=backups.is_planned),
        Tick("backups", lambda _now: backups.answer(), job=BACKUP_JOB, is_due=backups.is_due),
        Tick("rule schedules", rules.plan),
        Tick("rules", lambda _now: rules.answer(), job=JOB, is_due=rules.is_due),
        Tick("mirrors", rules.check, is_due=rules.is_unchecked),
        *changes.ticks(),
        *BulkDesk(database).ticks(),
        *SimulationDesk(database).ticks(),
        *self_check.SelfCheckDesk(database).ticks(),
        *InquiryDesk(database, rules.surroundings).ticks(),
        *SearchDesk(database).ticks(),
        *SweepDesk(database).ticks(),
        *ApprovalDesk(database).ticks(),
        Tick("files nobody holds", files.collect, is_due=files.is_due),
        Tick("imports", lambda _now: desk.answer(), job=IMPORT_JOB, is_due=desk.is_due),
        Tick("old import files", desk.tidy, is_due=desk.is_untidy),
        Tick("indexes", lambda _now: indexes.answer(), job=INDEX_JOB, is_due=indexes.is_due),
        Tick("comparison", lambda _now: comparison.answer(), is_due=comparison.is_due),
        Tick("old API answers", answers.forget, is_due=answers.is_due),
        Tick("old keys of sales", sales.forget, is_due=sales.is_due),
    )


def backup_desk(database: Database) -> BackupDesk:
    """The backups of this installation, in the folder they were given."""
    return BackupDesk(database, Config.from_environ().backup_dir)


def backup_gauges(database: Database) -> dict[str, float]:
    """For monitoring: how old the newest good backup is where that is longest ago, in seconds."""
    now, ages = database.clock(), []
    with database.main_tx(write=False) as connection:
        for place in list_workspaces(database):
            good = backup_records.last_good(connection, place.id)
            if good is not None:
                ages.append((now - good.created_at).total_seconds())
    return {"backup_age_seconds": max(ages, default=0.0)}


SEALED: tuple[Callable[[Database, Seal], int], ...] = (
    second_factors.seal_again,
    webhooks.seal_again,
    hooks.seal_again,
    channel_accounts.seal_again,
    sweeps.seal_again,
)
"""Whoever keeps sealed secrets: each seals its own with the newest key and says how many."""


def rule_engine(database: Database) -> Engine:
    """The rule engine of this installation, with the mail server it was given."""
    config = Config.from_environ()
    mailer = mailer_for(config.smtp_url)
    seal = seal_for(config.secret_keys) if config.secret_key else None
    return Engine(database, Surroundings(mailer, seal))


def open_installation(config: Config, say: Say = log.warning) -> Database:
    """The stores of this installation, everything registered, the doorbell connected.

    Each process calls it once at its start. Stores of an older release are brought up, after a
    backup; ``say`` is told.
    """
    wire()
    addresses.install(config.base_url)
    suppressions.install(config.secret_keys)
    database = Database(config.database_url, config.data_dir)
    if not config.stores_ready:
        bring_up(database, config.backup_dir, say)
        suppressions.reseal(database)
    if config.secret_key:
        url = redis_server.url_for(config)
        jobs.install(RedisBell(url, config.secret_keys, job_kinds(database)))
    return database
