"""The commands that every kind of definition has: list, show, put, publish."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, BinaryIO

import click

from regulars.cli.base import Shell
from regulars.platform import i18n
from regulars.platform.accounts.access import system_access
from regulars.platform.definitions import store, versions, watching
from regulars.platform.definitions.kinds import kinds
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.definitions.uses import Use, use_json, uses_of_definition
from regulars.platform.errors import Invalid, NotFound
from regulars.platform.json_schema import dump
from regulars.platform.problems import Problem
from regulars.platform.strict_json import BadJson, parse_json

_MEANT = "Publish although access cases break by it."


def definition_group(kind: str, plural: str) -> click.Group:
    """``regulars <kind> list|show KEY|put FILE|publish KEY``."""

    @click.group(kind, help=f"The {plural} of a workspace, as JSON files.")
    def group() -> None:
        """Holds the commands; their words are made per kind."""

    @group.command("list", help=f"Every one of the {plural}, with its published version.")
    @click.pass_obj
    def list_all(shell: Shell) -> None:
        with shell.database.workspace_tx(shell.workspace, write=False) as uow:
            drafts = store.list_drafts(uow, kind)
        data = [_summary(draft, shell.locale) for draft in drafts]
        lines = [f"{each['key']}  {each['label']}  ({each['version'] or '-'})" for each in data]
        shell.answer(data, "\n".join(lines))

    @group.command("show", help="Print the published definition, or the working copy.")
    @click.argument("key", metavar="KEY")
    @click.option("--draft", is_flag=True, help="The working copy instead.")
    @click.pass_obj
    def show(shell: Shell, key: str, draft: bool) -> None:
        with shell.database.workspace_tx(shell.workspace, write=False) as uow:
            found = snapshot(uow).items.get((kind, key))
            raw = store.get_draft(uow, kind, key).raw if draft else found.raw if found else None
        if raw is None:
            raise NotFound(f"no-{kind}", key=key)
        click.echo(dump(raw, kinds.get(kind).schema), nl=False)

    @group.command("put", help="Save FILE (- for standard input) as the working copy.")
    @click.argument("source", metavar="FILE", type=click.File("rb"))
    @click.pass_obj
    def put(shell: Shell, source: BinaryIO) -> None:
        raw = _read(source)
        with shell.database.workspace_tx(shell.workspace) as uow:
            draft = store.save_draft(uow, system_access(shell.locale), kind, raw)
        shell.answer(_summary(draft, shell.locale), draft.key)

    @group.command("publish", help="Publish the working copies of the given keys together.")
    @click.argument("keys", metavar="KEY...", nargs=-1, required=True)
    @click.option("--accept-broken-cases", "meant", is_flag=True, help=_MEANT)
    @click.pass_obj
    def publish(shell: Shell, keys: tuple[str, ...], meant: bool) -> None:
        chosen = [(kind, key) for key in keys]
        with shell.database.workspace_tx(shell.workspace) as uow:
            if meant:
                watching.accept(uow)
            versions = store.publish(uow, system_access(shell.locale), chosen)
        data = [{"key": key, "version": versions[kind, key]} for key in keys]
        shell.answer(data, "\n".join(f"{each['key']} {each['version']}" for each in data))

    _add_versions(group, kind)
    return group


def _add_versions(group: click.Group, kind: str) -> None:
    @group.command("versions", help="The published versions of KEY; --compare A B in words.")
    @click.argument("key", metavar="KEY")
    @click.option("--compare", nargs=2, type=int, metavar="A B", help="What changed from A to B.")
    @click.pass_obj
    def list_versions(shell: Shell, key: str, compare: tuple[int, int] | None) -> None:
        access = system_access(shell.locale)
        with shell.database.workspace_tx(shell.workspace, write=False) as uow:
            if compare:
                words = versions.compare_versions(uow, access, kind, key, compare)
                shell.answer(words, "\n".join(words))
                return
            found = versions.list_versions(uow, access, kind, key)
        data = [_version(each) for each in found]
        lines = [f"{e['version']}  {e['published_at']}  {e['published_by']}" for e in data]
        shell.answer(data, "\n".join(lines))

    @group.command("used-by", help="Every place that needs KEY.")
    @click.argument("key", metavar="KEY")
    @click.pass_obj
    def used_by(shell: Shell, key: str) -> None:
        with shell.database.workspace_tx(shell.workspace, write=False) as uow:
            found = uses_of_definition(uow, system_access(shell.locale), kind, key)
        say_uses(shell, found)

    @group.command("revert", help="Make the version NUMBER of KEY the working copy again.")
    @click.argument("key", metavar="KEY")
    @click.argument("number", metavar="NUMBER", type=int)
    @click.pass_obj
    def revert(shell: Shell, key: str, number: int) -> None:
        access = system_access(shell.locale)
        with shell.database.workspace_tx(shell.workspace) as uow:
            draft = versions.restore_version(uow, access, kind, key, number)
        shell.answer(_summary(draft, shell.locale), draft.key)


def say_uses(shell: Shell, found: Sequence[Use]) -> None:
    """One line per place."""
    data = [use_json(each, shell.locale) for each in found]
    shell.answer(data, "\n".join(f"{each['name']}  {each['place']}" for each in data))


def _version(each: versions.Version) -> dict[str, Any]:
    return {
        "version": each.number,
        "published_at": each.published_at.isoformat(),
        "published_by": each.published_by,
        "current": each.is_current,
    }


def _summary(draft: store.Draft, locale: str) -> dict[str, Any]:
    label = i18n.pick(draft.raw.get("label"), locale)
    return {
        "key": draft.key,
        "label": label,
        "version": draft.published,
        "changed": draft.changed,
    }


def _read(source: BinaryIO) -> dict[str, Any]:
    try:
        found = parse_json(source.read())
    except BadJson as bad:
        raise click.UsageError(bad.message("en")) from None
    if not isinstance(found, dict):
        raise Invalid([Problem("", "shape-type", {"expected": ["object"]})])
    return found
