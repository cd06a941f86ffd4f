"""``regulars …``: the command line. One module per area; each adds its commands here.

Exit codes: 0 done, 1 refused (the reasons are printed), 2 wrong usage.
"""

from __future__ import annotations

from regulars.cli import (
    access,
    accounts,
    api,
    backups,
    certificates,
    channels,
    digests,
    doctor,
    forms,
    goals,
    hooks,
    importing,
    messages,
    packs,
    people,
    prints,
    public_forms,
    records,
    recovery,
    recycling,
    reports,
    roles,
    rules,
    running,
    runs,
    simulating,
    tasks,
    tills,
    today,
    upgrading,
    webhooks,
    workspaces,
)
from regulars.cli.base import Main, main
from regulars.platform.definitions.uses import use_sources
from regulars.rule_engine.goals.shelf import goal_sources
from regulars.seed_templates.catalogue import shelf_goals
from regulars.seed_templates.uses import pack_uses

main.add_command(running.up)
main.add_command(running.web)
main.add_command(running.worker)
main.add_command(running.ticker)
main.add_command(forms.form)
main.add_command(packs.pack_group)
main.add_command(importing.import_group)
main.add_command(importing.export)
main.add_command(rules.rule_group)
main.add_command(rules.message_group)
main.add_command(rules.goal_group)
main.add_command(rules.rules_group)
rules.rules_group.add_command(simulating.simulate_rule)
rules.rules_group.add_command(simulating.rule_effect)
rules.rules_group.add_command(goals.goals)
rules.rules_group.add_command(goals.begin_rule)
rules.goal_group.add_command(goals.keep_rule)
rules.rules_group.add_command(digests.results)
rules.rules_group.add_command(digests.run_now)
rules.rules_group.add_command(goals.try_on_record)
rules.rules_group.add_command(goals.start_for_many)
main.add_command(runs.runs)
main.add_command(webhooks.webhook)
main.add_command(hooks.hook)
main.add_command(today.today)
main.add_command(tasks.task)
main.add_command(recycling.recycle_bin)
main.add_command(records.record)
main.add_command(prints.prints)
main.add_command(public_forms.public_forms)
main.add_command(tills.tills)
main.add_command(certificates.certificate)
main.add_command(messages.messages)
main.add_command(channels.channel)
main.add_command(channels.sending)
main.add_command(channels.suppression)
main.add_command(people.person)
main.add_command(reports.report)
main.add_command(reports.dashboard)
main.add_command(doctor.doctor)
main.add_command(accounts.user)
main.add_command(access.access_group)
main.add_command(access.audit)
main.add_command(roles.role)
main.add_command(workspaces.workspace)
main.add_command(accounts.token)
main.add_command(api.api)
main.add_command(recovery.secret)
main.add_command(upgrading.migrate)
main.add_command(upgrading.migrate, "upgrade")
main.add_command(backups.backup)
main.add_command(backups.restore)
workspaces.workspace.add_command(backups.delete)
workspaces.workspace.add_command(backups.resume)
use_sources.register("packs", pack_uses)
goal_sources.register("packs", shelf_goals)

__all__ = ["Main", "main"]
