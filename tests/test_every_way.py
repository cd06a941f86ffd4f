"""What a page can do, a program can do, too: every action of pages, API and command line compared.

The actions come from the application itself. Each must stand in one of these tables: beside what
does the same on another way, or with the reason why there is none. A new action without a line,
and a line without its action, fail.
"""

import pytest

from regulars.cli import main as regulars
from tools.api_routes import application
from tools.command_line import commands_of

SAFE = {"GET", "HEAD", "OPTIONS"}
SESSION = "is about this very sign-in: a program has a key instead of a password"
LOOK = "shows the page through somebody's eyes; a program asks GET /access/why"
EDITOR = "one step in an editor; a program sends the whole definition"
STEP = "one step of a wizard; a program sends the whole map at once"
TRY = "shows on the page what is being typed; a program sees it in the answer"
LINK = "a link for people, handed over by hand; a program makes a key"
OUTSIDE = "people and providers call it with a secret address; the page is its own door"

PAGES: dict[str, str | tuple[str, ...]] = {
    "accounts.accept_invitation": OUTSIDE, "accounts.choose_password": OUTSIDE,
    "accounts.do_drop_second_factor": OUTSIDE, "message_links.opt_out": OUTSIDE,
    "message_links.take_in": OUTSIDE, "public_visits.send": OUTSIDE,
    "public_visits.live": OUTSIDE, "public_visits.upload": OUTSIDE,
    "public_visits.say_yes": OUTSIDE,
    **dict.fromkeys(
        (f"accounts.{name}" for name in (
            "begin_second_factor", "change_password", "confirm_second_factor", "do_confirm",
            "do_second_step", "do_set_up", "do_sign_in", "end_other_sessions", "end_session",
            "prefer", "renew_recovery_codes", "save_profile", "sign_out", "turn_off_second_factor",
        )), SESSION,
    ),
    **dict.fromkeys(
        ("accounts.look_back", "settings.look_as_member", "settings.look_as_role"), LOOK
    ),
    "backups.delete": ("accounts_api.delete_workspace",),
    "backups.make": ("accounts_api.make_backup",),
    "backups.plan": "when backups are made is a setting of the page, and of the installation",
    "backups.restore": ("accounts_api.restore_backup",),
    "backups.resume": ("accounts_api.resume",),
    "backups.upload": "an archive from elsewhere is brought in on the machine: regulars restore",
    "comments.add": ("comments_api.add",), "comments.change": ("comments_api.change",),
    "comments.remove": ("comments_api.remove",),
    "dashboards.add_card": EDITOR, "dashboards.arrange": EDITOR, "dashboards.rename": EDITOR,
    "dashboards.archive": ("reports_api.archive_dashboard",),
    "dashboards.create": ("reports_api.create_dashboard", "reports_api.publish_dashboard"),
    "definitions.discard_damaged": EDITOR,
    "definitions.restore_version": ("versions_api.restore",),
    "designer.act_on_retype": (
        "changes_api.confirm", "changes_api.cancel", "changes_api.undo",
    ),
    "designer.archive": ("forms_api.archive_form",),
    "designer.begin_retype": ("changes_api.retype",),
    "designer.change_logic": EDITOR, "designer.change_states": EDITOR,
    "designer.discard": EDITOR,
    "designer.redo": ("drafts_api.redo",), "designer.undo": ("drafts_api.undo",),
    "designer.look_at_formula": ("formulas_api.check_formula",),
    "designer.publish": ("forms_api.publish_form", "forms_api.publish_together"),
    "designer.purge_field": ("changes_api.purge",),
    "designer.replace_field": ("changes_api.replace_uses",),
    "designer.save_rights": ("roles_api.put_role", "roles_api.publish_role"),
    "designer.restore_field": ("changes_api.restore",),
    "designer.take_back": ("changes_api.take_back",),
    "designer.write": ("forms_api.put_form",),
    "designer.take_step": ("forms_api.put_form", "changes_api.archive"),
    "forms.create": ("forms_api.create_form",),
    "forms.take_ready_made": ("drafts_api.begin_ready_made",),
    "forms.copy": ("drafts_api.copy_form",),
    "forms.take_file": STEP, "forms.begin_from_file": ("drafts_api.begin_from_file",),
    "forms.upload": ("files_api.add_file",),
    "health_pages.put_right": "compares and mends on the machine: regulars doctor --repair",
    "home.open_workspace": ("installation_api.open_one",),
    "imports.act": (
        "imports_api.check", "imports_api.start", "imports_api.stop", "imports_api.undo",
        "imports_api.discard",
    ),
    "imports.match": ("imports_api.remap",), "imports.upload": ("imports_api.create",),
    "imports.read_again": STEP, "imports.use_map": STEP,
    "packs.add_sample_data": ("packs_api.api_add_sample",),
    "packs.install_pack": ("packs_api.api_install",),
    "packs.remove_sample_data": ("packs_api.api_remove_sample",),
    "packs.try_pack": ("packs_api.api_install",),
    "people.apart": ("people_api.apart",), "people.erase": ("people_api.erase",),
    "people.export": "GET /people/{form_key}/{record_id}/export",
    "people.hint": ("people_api.hint",), "people.merge": ("people_api.merge",),
    "people.undo": ("people_api.unmerge",),
    "records.lay_out": "how somebody's own table looks; everybody's: PUT /forms/{form_key}",
    "records.prepare_bulk": ("bulk_api.look",),
    "records.act_on_bulk": ("bulk_api.apply", "bulk_api.undo", "bulk_api.discard"),
    "records.save_cell": ("forms_api.change_record",),
    "records.undo_cell": ("forms_api.change_record",),
    "records.live_new": ("logic_api.try_new",), "records.live_change": ("logic_api.try_change",),
    "public_forms.archive": ("public_forms_api.archive_public_form",),
    "public_forms.create": (
        "public_forms_api.create_public_form", "public_forms_api.publish_public_form",
    ),
    "public_forms.make_links": ("public_forms_api.make_links",),
    "public_forms.save": ("public_forms_api.put_public_form",), "public_forms.sketch": TRY,
    "public_forms.set_state": ("public_forms_api.set_link_state",),
    "prints.archive": ("prints_api.archive_print",),
    "prints.create": ("prints_api.create_print", "prints_api.publish_print"),
    "prints.save": ("prints_api.put_print",), "prints.sketch": TRY,
    "till.sell": ("tills_api.sell",),
    "tills.archive": ("tills_api.archive_till",),
    "tills.create": ("tills_api.create_till",), "tills.sketch": TRY,
    "tills.save": ("tills_api.put_till", "tills_api.publish_till"),
    "records.create": ("forms_api.add_record", "forms_api.batch"),
    "records.delete": ("forms_api.remove_record",), "records.move": ("forms_api.change_record",),
    "records.purge": ("forms_api.purge",), "records.restore": ("forms_api.restore",),
    **dict.fromkeys(
        ("records.save_view", "records.remove_view", "records.change_view", "records.share_view"),
        ("forms_api.put_form",),
    ),
    **dict.fromkeys(
        ("records.move_view", "records.start_view"),
        "is how one member likes their own list; a program asks with a filter and an order",
    ),
    "records.put_value_back": ("forms_api.put_values_back",),
    "records.update": ("forms_api.change_record",),
    "reports.archive": ("reports_api.archive_report",),
    "reports.create": ("reports_api.create_report", "reports_api.publish_report"),
    "reports.put": ("reports_api.put_dashboard",),
    "reports.save": ("reports_api.put_report",),
    "reports.sketch": ("reports_api.run_inline",),
    "roles.archive_role": ("roles_api.archive_role",),
    "roles.keep_case": ("who_api.keep_case",), "roles.drop_case": ("who_api.drop_case",),
    "roles.create_role": ("roles_api.create_role",),
    "roles.save_role": ("roles_api.put_role", "roles_api.publish_role"),
    "rules.add_group": ("channels_api.keep_channel_account",),
    "rules.keep_account": ("channels_api.keep_channel_account",),
    "rules.remove_account": ("channels_api.remove_channel_account",),
    "rules.test_account": ("channels_api.test_channel_account",),
    "rules.choose_provider": ("channels_api.choose_provider",),
    "rules.change_limits": ("channels_api.put_limits",),
    "rules.resume_sending": ("channels_api.put_sending",),
    "rules.stop_sending": ("channels_api.put_sending",),
    "rules.change_suppressions": (
        "channels_api.add_suppression", "channels_api.remove_suppression",
        "channels_api.look_up_suppression",
    ),
    "rules.add_hook": ("hooks_api.add_hook",), "rules.change_hook": ("hooks_api.change_hook",),
    "rules.remove_hook": ("hooks_api.remove_hook",),
    "rules.rotate_hook": ("hooks_api.rotate_secret",),
    "rules.switch_hook": ("hooks_api.pause_hook", "hooks_api.resume_hook"),
    "rules.add_webhook": ("webhooks_api.add_webhook",),
    "rules.remove_webhook": ("webhooks_api.remove_webhook",),
    "rules.try_webhook": TRY, "rules.preview_text": TRY,
    "rules.ask_for_simulation": ("insight_api.ask_for_simulation", "insight_api.simulate_rule"),
    "rules.ask_provider": ("activity_api.ask_provider",),
    "rules.begin_rule": ("goals_api.begin_rule",),
    "rules.send_to_me": "mails what is shown to whoever looks at it; a program has no mailbox",
    "rules.keep_goal": ("own_goals_api.keep_goal",),
    "rules.save_goal": ("own_goals_api.put_goal", "own_goals_api.publish_goal"),
    "rules.delete_goal": ("own_goals_api.archive_goal",),
    "rules.look_at_goal": ("goals_api.look_at",),
    "rules.start_for_many": ("goals_api.start_for_many",),
    "rules.try_on_record": ("rules_api.test",),
    "rules.change": ("rules_api.put_rule",), "rules.discard": EDITOR,
    "rules.create_rule": ("rules_api.create_rule",),
    "rules.create_campaign": ("rules_api.create_rule", "rules_api.publish_rule"),
    "rules.stop_campaign": ("rules_api.stop_everyone",),
    "rules.change_text": ("rules_api.put_text", "rules_api.publish_text"),
    "rules.create_text": ("rules_api.create_text",),
    "rules.choose_today_groups": "which groups the first page shows; GET /today tells of all",
    "rules.delete": ("rules_api.archive_rule",),
    "rules.press": ("rules_api.press_button",),
    "rules.enrol": ("rules_api.enrol",), "rules.pause": ("rules_api.pause_rule",),
    "rules.publish": ("rules_api.publish_rule",), "rules.resume": ("rules_api.resume_rule",),
    "rules.run_now": ("digests_api.run_now",), "rules.start": ("rules_api.start",),
    "rules.stop_everyone": ("rules_api.stop_everyone",),
    "rules.pass_over": ("activity_api.pass_over",),
    "rules.resolve_message": ("activity_api.resolve_message",),
    "rules.retry_run": ("activity_api.retry_run",),
    "rules.retry_all": ("activity_api.retry_all",), "rules.revert": ("insight_api.revert",),
    "rules.stop_run": ("activity_api.stop_run",),
    "settings.archive": ("accounts_api.archive",), "settings.reopen": ("accounts_api.reopen",),
    "settings.create_token": ("accounts_api.create_token",),
    "settings.revoke_token": ("accounts_api.revoke_token",),
    "settings.create_unit": ("accounts_api.create_unit",),
    "settings.save_unit": ("accounts_api.update_unit",),
    "settings.do_invite": ("accounts_api.invite",),
    "settings.withdraw_invitation": ("accounts_api.withdraw_invitation",),
    "settings.make_factor_link": LINK, "settings.make_password_link": LINK,
    "settings.save_member": ("accounts_api.change_member",),
    "settings.set_member_active": ("accounts_api.change_member",),
    "settings.save_security": "how strictly people sign in is decided by people who are signed in",
    "settings.save_workspace": ("accounts_api.change_workspace",),
    "records.to_state": ("states_api.move_record",),
    "records.withdraw": ("states_api.take_back",), "records.ask_again": ("states_api.ask",),
    "tasks.decide": ("tasks_api.finish_task",), "tasks.hand_over": ("states_api.hand_on",),
    "tasks.add_signer": ("states_api.add",),
    "tasks.create": ("tasks_api.create_task",), "tasks.finish": ("tasks_api.finish_task",),
}  # fmt: skip

API_ALONE = {
    "activity_api.record_consent": "what people agreed to comes from tills and forms",
    "activity_api.take_reply": "gateways hand in what people answered",
    "summing_api.summary": "the list groups and sums up by what stands in its address",
    "forms_api.search_records": "the list of records asks the same by its address",
    "hooks_api.take": "other programs call it",
    "hooks_api.tell_event": "other programs tell of it",
    "installation_api.archive": "the same as a workspace's own, with the installation's key",
    "installation_api.make_backup": "the same as a workspace's own, with the installation's key",
    "installation_api.reopen": "the same as a workspace's own, with the installation's key",
    "installation_api.restore": "the same as a workspace's own, with the installation's key",
    "people_api.correct": "on the page, correcting somebody is editing the record",
    "reports_api.run": "the report's own page",
    "reports_api.run_dashboard": "the dashboard's own page",
    "rules_api.archive_text": "texts leave the page with the last rule that sends them",
    "rules_api.count": "the composer counts with each change",
    "rules_api.explain": "the page \"why did this customer get nothing\"",
    "rules_api.get_forecast": "the page before publishing",
}  # fmt: skip

PROCESS = "runs or mends the installation itself, from the machine it stands on"
DOOR = "gets people back in who can no longer open a page"
KINDS = (
    "form", "print", "public_form", "till", "rule", "message", "report", "dashboard", "role",
    "goal",
)  # fmt: skip
COMMANDS: dict[str, str | tuple[str, ...]] = {
    **dict.fromkeys(
        ("up", "web", "worker", "ticker", "doctor", "certificate", "migrate", "upgrade",
         "secret rotate", "secret forget-old", "workspace key create", "workspace key list",
         "workspace key revoke"), PROCESS,
    ),
    **dict.fromkeys(
        ("user create", "user password", "user recover", "user reset-second-factor",
         "user sign-out", "workspace security"), DOOR,
    ),
    **{f"{kind} {verb}": "reads" for kind in KINDS for verb in ("list", "show", "versions",
                                                               "used-by")},
    **{f"{kind} revert": ("versions_api.restore",) for kind in KINDS},
    "form gallery": ("drafts_api.begin_ready_made",), "form copy": ("drafts_api.copy_form",),
    "form from-file": ("drafts_api.begin_from_file",),
    "form undo": ("drafts_api.undo",), "form redo": ("drafts_api.redo",),
    "form put": ("forms_api.put_form",), "form publish": ("forms_api.publish_form",),
    "form try": ("logic_api.try_new", "logic_api.try_change"),
    "form used": "reads", "form replace": ("changes_api.replace_uses",),
    "form archive": ("changes_api.archive",), "form restore": ("changes_api.restore",),
    "form purge": ("changes_api.purge",), "form retype": ("changes_api.retype",),
    "print put": ("prints_api.put_print",), "print publish": ("prints_api.publish_print",),
    "print pdf": "reads",
    "public_form put": ("public_forms_api.put_public_form",),
    "public_form publish": ("public_forms_api.publish_public_form",),
    "public_form links": ("public_forms_api.make_links",),
    "public_form link": ("public_forms_api.set_link_state",), "public_form poster": "reads",
    "till put": ("tills_api.put_till",), "till publish": ("tills_api.publish_till",),
    "till sell": ("tills_api.sell",),
    "rule put": ("rules_api.put_rule",), "rule publish": ("rules_api.publish_rule",),
    "goal put": ("own_goals_api.put_goal",), "goal publish": ("own_goals_api.publish_goal",),
    "goal keep": ("own_goals_api.keep_goal",),
    "message put": ("rules_api.put_text",), "message publish": ("rules_api.publish_text",),
    "report put": ("reports_api.put_report",), "report publish": ("reports_api.publish_report",),
    "report run": ("reports_api.run",),
    "dashboard put": ("reports_api.put_dashboard",),
    "dashboard publish": ("reports_api.publish_dashboard",),
    "role put": ("roles_api.put_role",), "role publish": ("roles_api.publish_role",),
    "pack list": "reads", "pack check": "reads", "pack install": ("packs_api.api_install",),
    "pack uninstall-sample": ("packs_api.api_remove_sample",),
    "import file": ("imports_api.create", "imports_api.start"),
    "import undo": ("imports_api.undo",), "import list": "reads",
    "import resume": "goes on by itself wherever a worker runs", "export": "reads",
    "rules tick": "does at once what the ticker does", "rules explain": ("rules_api.explain",),
    "rules enrol": ("rules_api.enrol",), "rules publish": ("rules_api.publish_rule",),
    "rules start": ("rules_api.start",), "rules pause": ("rules_api.pause_rule",),
    "rules resume": ("rules_api.resume_rule",), "rules simulate": ("insight_api.simulate_rule",),
    "rules effect": "reads", "rules goals": "reads", "rules begin": ("goals_api.begin_rule",),
    "rules results": "reads", "rules run-now": ("digests_api.run_now",),
    "rules test": ("rules_api.test",), "rules start-many": ("goals_api.start_for_many",),
    "runs list": "reads", "runs show": "reads", "runs retry": ("activity_api.retry_run",),
    "runs retry-all": ("activity_api.retry_all",),
    "runs pass-over": ("activity_api.pass_over",), "runs stop": ("activity_api.stop_run",),
    "webhook list": "reads", "webhook add": ("webhooks_api.add_webhook",),
    "webhook remove": ("webhooks_api.remove_webhook",),
    "hook list": "reads", "hook calls": "reads", "hook add": ("hooks_api.add_hook",),
    "hook rotate": ("hooks_api.rotate_secret",), "hook pause": ("hooks_api.pause_hook",),
    "hook resume": ("hooks_api.resume_hook",), "hook remove": ("hooks_api.remove_hook",),
    "today": "reads", "task list": "reads", "task add": ("tasks_api.create_task",),
    "task finish": ("tasks_api.finish_task",),
    **dict.fromkeys(("record list", "record summary", "record show", "record history",
                     "record timeline", "record comments"), "reads"),
    "record bulk": ("bulk_api.look", "bulk_api.apply"),
    "record bulk-undo": ("bulk_api.undo",),
    "record comment": ("comments_api.add",),
    "record state": "reads", "record move": ("states_api.move_record",),
    "record create": ("forms_api.add_record",), "record update": ("forms_api.change_record",),
    "record put-back": ("forms_api.put_values_back",),
    "record delete": ("forms_api.remove_record",), "api call": "asks whatever route it is given",
    "bin list": "reads", "bin restore": ("forms_api.restore",), "bin purge": ("forms_api.purge",),
    "messages list": "reads", "messages resolve": ("activity_api.resolve_message",),
    "messages ask": ("activity_api.ask_provider",),
    "channel list": "reads", "channel choose": ("channels_api.choose_provider",),
    "channel set": ("channels_api.keep_channel_account",),
    "channel remove": ("channels_api.remove_channel_account",),
    "channel test": ("channels_api.test_channel_account",),
    "sending show": "reads", "sending stop": ("channels_api.put_sending",),
    "sending resume": ("channels_api.put_sending",),
    "sending limits": ("channels_api.put_limits",),
    "suppression show": ("channels_api.look_up_suppression",),
    "suppression add": ("channels_api.add_suppression",),
    "suppression remove": ("channels_api.remove_suppression",),
    "person duplicates": "reads", "person export": "reads",
    "person merge": ("people_api.merge",), "person correct": ("people_api.correct",),
    "person erase": ("people_api.erase",), "person unmerge": ("people_api.unmerge",),
    "access why": "reads", "access show": "reads", "access check": "reads",
    "access keep": ("who_api.keep_case",), "access drop": ("who_api.drop_case",),
    "audit": "reads", "api openapi": "reads",
    "workspace create": ("installation_api.open_one",), "workspace list": "reads",
    "workspace archive": ("installation_api.archive",),
    "workspace restore": ("installation_api.reopen",),
    "workspace delete": ("accounts_api.delete_workspace",),
    "workspace resume": ("accounts_api.resume",),
    "token create": ("accounts_api.create_token",), "token list": "reads",
    "token revoke": ("accounts_api.revoke_token",),
    "backup": ("accounts_api.make_backup",), "restore": ("accounts_api.restore_backup",),
}  # fmt: skip


def actions(*, api: bool) -> set[str]:
    """Every view that changes something when asked."""
    return {
        rule.endpoint
        for rule in application().url_map.iter_rules()
        if (rule.rule.startswith("/api/v1/") is api) and set(rule.methods or ()) - SAFE
    }


def named(table: dict[str, str | tuple[str, ...]]) -> set[str]:
    """What the table says does the same."""
    return {each for same in table.values() if isinstance(same, tuple) for each in same}


@pytest.fixture(scope="module")
def programs() -> set[str]:
    return actions(api=True)


def test_every_action_of_a_page_has_its_route_or_its_reason(programs: set[str]) -> None:
    assert actions(api=False) ^ set(PAGES) == set()
    assert named(PAGES) - programs == set()


def test_every_route_that_acts_is_on_a_page_or_says_why_not(programs: set[str]) -> None:
    assert programs ^ (named(PAGES) | set(API_ALONE)) == set()
    assert named(PAGES) & set(API_ALONE) == set()


def test_every_command_does_what_a_route_does_or_says_why_not(programs: set[str]) -> None:
    assert {name for name, _command in commands_of(regulars)} ^ set(COMMANDS) == set()
    assert named(COMMANDS) - programs == set()
