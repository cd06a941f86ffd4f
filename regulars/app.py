"""The web application: the shell, the pages of people and places, and what wiring adds."""

from __future__ import annotations

from collections.abc import MutableMapping
from functools import partial
from typing import Any

from flask import Flask, g
from werkzeug.middleware.proxy_fix import ProxyFix

from regulars import pages, wiring
from regulars.platform.accounts.web import (
    api,
    closing,
    confirmation,
    entrance,
    home,
    invitations_api,
    link_pages,
    members,
    profile,
    role_words,
    roles_api,
    second_factor,
    settings,
    today_api,
    tokens,
    units,
    workspace_api,
)
from regulars.platform.backups.web import api as backups_api
from regulars.platform.backups.web import installation_api
from regulars.platform.backups.web import pages as backups
from regulars.platform.config import BadConfig, Config
from regulars.platform.db import Database
from regulars.platform.definitions.uses import use_sources
from regulars.platform.health import web as system_health
from regulars.platform.jobs import Queues
from regulars.platform.web import (
    addresses,
    api_reference,
    csrf,
    errors,
    flash,
    headers,
    health,
    installation,
    metrics,
    own_calls,
    permissions,
    rate_limit,
    rendering,
    request_log,
    serving,
    shell,
    static_files,
    visit,
    zero_bytes,
)
from regulars.platform.web.json_answer import JsonAnswers
from regulars.rule_engine.backlog import oldest_due_seconds
from regulars.rule_engine.gauges import gauges_of_rules
from regulars.rule_engine.goals.shelf import goal_sources
from regulars.seed_templates import web as packs
from regulars.seed_templates.catalogue import shelf_goals
from regulars.seed_templates.uses import pack_uses

MAX_BODY = 2 * 1024 * 1024

# The modules that add their pages to these blueprints when they are imported.
PAGES = (
    entrance, link_pages, confirmation, profile, second_factor, home, settings, closing, members,
    units, tokens, workspace_api, backups_api, today_api, invitations_api,
)  # fmt: skip


def create_app(config: Config, database: Database) -> Flask:
    """The application of one installation; whoever calls has opened the stores and wired."""
    if not config.secret_key:
        raise BadConfig("REGULARS_SECRET_KEY is missing: cookies could be forged.")
    app = Flask("regulars", static_folder=None, template_folder="templates")
    app.secret_key = config.secret_key
    addresses.install(app)
    app.json = JsonAnswers(app)
    app.session_interface = visit.NoSessions()
    app.config.update(MAX_CONTENT_LENGTH=MAX_BODY, MAX_FORM_PARTS=csrf.MAX_FIELDS)
    if config.trusted_proxies:
        # Address and scheme only: a claimed host would end up in links.
        hops = config.trusted_proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=hops, x_proto=hops, x_host=0
        )
    installation.install(app, config, database)
    _stand_guard(app)
    rate_limit.install(app, config)
    rendering.prepare(app)
    role_words.install(app)
    _add_pages(app)
    _watch(app, config, database)
    return app


def _stand_guard(app: Flask) -> None:
    """The order matters: who asks for what, then whether a page of ours sent it."""
    request_log.watch_requests(app)
    serving.turn_away_late(app)
    headers.trust_known_hosts(app)
    permissions.close_undeclared(app)
    own_calls.refuse_own_calls(app)
    csrf.protect(app)
    zero_bytes.refuse_zero_bytes(app)
    errors.map_errors(app)
    # Flask runs these in reverse: cookies are set before the headers are sealed.
    headers.set_headers(app)
    visit.send_cookie(app)
    flash.carry_flashes(app)


def _watch(app: Flask, config: Config, database: Database) -> None:
    """What monitoring is told."""
    queue, due = Queues(config), partial(oldest_due_seconds, database)
    health.add_note(app, "queue", queue.answers)
    health.add_note(app, "oldest_due_seconds", due)
    metrics.add_gauges(app, partial(wiring.backup_gauges, database))
    metrics.add_labelled_gauges(app, partial(gauges_of_rules, database))
    metrics.add_gauges(app, lambda: {"due_seconds": due() or 0.0, "queued_jobs": queue.waiting()})


def _add_pages(app: Flask) -> None:
    use_sources.register("packs", pack_uses)
    goal_sources.register("packs", shelf_goals)
    own = (
        backups, static_files, health, metrics, entrance, home, settings, api, roles_api,
        api_reference, packs, installation_api,
    )  # fmt: skip
    for blueprint in (
        *(each.blueprint for each in own),
        packs.api,
        api_reference.api,
        system_health.blueprint,
        system_health.api,
        *pages.blueprints(),
    ):
        app.register_blueprint(blueprint)
    nav = (home.nav, backups.nav, packs.nav, *pages.nav_providers())
    shell.install(
        app,
        nav=nav,
        cards=(packs.cards, *pages.card_providers()),
        notices=(closing.notices, backups.notices),
    )

    @app.url_defaults
    def stay_in_workspace(endpoint: str, values: MutableMapping[str, Any]) -> None:
        wants_it = app.url_map.is_endpoint_expecting(endpoint, "workspace")
        if wants_it and "workspace" not in values and "workspace" in g:
            values["workspace"] = g.workspace.key
