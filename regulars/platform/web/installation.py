"""What one running application holds: its settings and its stores."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Flask, current_app, g

from regulars.platform.config import Config
from regulars.platform.db import Database
from regulars.platform.sealing import Seal, seal_for

_NAME = "regulars"


@dataclass(frozen=True)
class Installation:
    """The settings and stores that every request of this application uses."""

    config: Config
    database: Database

    @property
    def seal(self) -> Seal:
        """What closes secrets that lie in the stores."""
        return seal_for(self.config.secret_keys)


def install(app: Flask, config: Config, database: Database) -> None:
    """Give the application its settings and stores."""
    app.extensions[_NAME] = Installation(config, database)


def installation() -> Installation:
    """The installation that serves this request."""
    found: Installation = current_app.extensions[_NAME]
    return found


def request_now() -> datetime:
    """The instant of this request: read once, the same for everything it does."""
    if "now" not in g:
        g.now = installation().database.clock()
    now: datetime = g.now
    return now
