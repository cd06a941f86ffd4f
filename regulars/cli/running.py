"""``up``, and the same parts one by one for several hosts: ``web``, ``worker``, ``ticker``."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import click
from setproctitle import setproctitle

from regulars import worker as processes
from regulars.app import create_app
from regulars.cli import first_run
from regulars.cli.base import Shell, main
from regulars.platform import data_folder, forking, jobs, leash, logs, redis_server
from regulars.platform.config import STORES_READY, BadConfig, Config
from regulars.platform.jobs import QUEUES
from regulars.platform.supervisor import Part, Supervisor, on_leash, own_command
from regulars.platform.web import serving


@click.command()
@click.option("--demo", is_flag=True, help="Fill a new data folder with the shop and sample data.")
@click.option("--host", help="Address to listen on; 0.0.0.0 lets a phone on this network in.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the pages (default 8000).")
@click.option("--workers", type=click.IntRange(1, 64), help="Number of worker processes.")
def up(demo: bool, host: str | None, port: int | None, workers: int | None) -> None:
    """Start everything on this machine and keep it running."""
    chosen = {"REGULARS_HOST": host, "REGULARS_PORT": port, "REGULARS_WORKERS": workers}
    os.environ.update({name: str(value) for name, value in chosen.items() if value is not None})
    config = Config.from_environ()
    data_folder.prepare(config.data_dir)
    with data_folder.claimed(config.data_dir):
        config = Config.from_environ()  # now with the secret
        _require_free_port(config)
        if short := data_folder.shortage(config.data_dir):
            click.echo(short, err=True)
        welcome = first_run.prepare(config, demo=demo)
        program = None if config.redis_url else redis_server.find_program(config)
        if program is None and not config.redis_url:
            click.echo(redis_server.CURE, err=True)
        parts = _parts(config, program is not None or bool(config.redis_url))
        if program is not None:
            command = redis_server.start_command(program, config.data_dir)
            become = partial(leash.become, command, os.getpid())
            parts.insert(0, Part("Valkey", on_leash(command), is_base=True, inside=become))
        announce = partial(click.echo, first_run.banner(config, welcome))
        Supervisor(parts, partial(_tell, config)).run(partial(_answers, config), announce)


@click.command()
@click.pass_obj
def web(shell: Shell) -> None:
    """Serve the pages and the API."""
    leash.hold()
    config = _with_secret(shell)
    app = create_app(config, shell.database)
    forking.settle()
    jobs.gather()
    serving.serve(app, config)


@click.command()
@click.option("--queue", "queues", multiple=True, type=click.Choice(QUEUES), help="Only these.")
@click.pass_obj
def worker(shell: Shell, queues: Sequence[str]) -> None:
    """Do the work that waits in queues."""
    processes.run_worker(_with_secret(shell), queues or QUEUES)


@click.command()
@click.pass_obj
def ticker(shell: Shell) -> None:
    """Look after due work every few seconds."""
    processes.run_ticker(_with_secret(shell))


def queues_of_workers(count: int) -> list[tuple[str, ...]]:
    """Which queues each of ``count`` workers answers: all are answered, alone where possible."""
    if count == 1:
        return [QUEUES]
    if count == 2:
        return [QUEUES[:2], QUEUES[2:]]
    return [(QUEUES[number % len(QUEUES)],) for number in range(count)]


def _parts(config: Config, with_workers: bool) -> list[Part]:
    part = partial(_part, config.log_dir or config.data_dir / "logs")
    parts = [part("Web", "web")]
    if with_workers:
        for number, queues in enumerate(queues_of_workers(config.workers), start=1):
            options = [word for queue in queues for word in ("--queue", queue)]
            parts.append(part(f"Worker {number}", "worker", *options, waits=True))
    return [*parts, part("Ticker", "ticker", waits=True)]


def _part(log_dir: Path, name: str, *command: str, waits: bool = False) -> Part:
    """One of our own processes; its log is a file of its own."""
    own_log = name.lower().replace(" ", "-")
    environ = {
        logs.PART_VARIABLE: own_log, "REGULARS_LOG_DIR": str(log_dir), STORES_READY: "yes",
    }  # fmt: skip
    inside = partial(_run, name, command)
    return Part(name, own_command(*command), environ, waits=waits, inside=inside)


def _run(name: str, command: Sequence[str]) -> None:
    """The same command in a fork; it shows under its own name in the list of processes."""
    setproctitle(f"regulars {' '.join(command)}")
    main(list(command), prog_name="regulars")


def _tell(config: Config, text: str) -> None:
    """Say what the supervisor says, and why a part may have ended when the disk is full."""
    click.echo(text)
    if short := data_folder.shortage(config.data_dir):
        click.echo(short, err=True)


def _with_secret(shell: Shell) -> Config:
    if not shell.config.secret_key:
        raise BadConfig(
            "There is no secret yet. Start with `regulars up`, or set REGULARS_SECRET_KEY "
            "to at least 32 random characters (the same on every host)."
        )
    logs.configure(shell.config.log_level, shell.config.log_dir)
    return shell.config


def _require_free_port(config: Config) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((config.host, config.port))
        except OSError as error:
            raise BadConfig(
                f"{config.host}:{config.port} cannot be used ({error.strerror}). "
                "Choose another with --port or REGULARS_PORT."
            ) from None


def _answers(config: Config) -> bool:
    host = "127.0.0.1" if first_run.is_open_to_network(config) else config.host
    try:
        socket.create_connection((host, config.port), timeout=1).close()
    except OSError:
        return False
    return True
