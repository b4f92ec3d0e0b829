"""The command line: ``embassy-bot``."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from bot.knowledge.reader import KnowledgeError
from bot.settings import Settings, SettingsError

SECONDS_TO_STOP = 5
"""So long a stop waits for requests: one that a phone began before it lost its line would hold it up for ever."""

if TYPE_CHECKING:
    from rich.progress import Progress

    from bot.training.releases import Release


def build_parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    parser = argparse.ArgumentParser(
        prog="embassy-bot", description="Answers the public's questions about an embassy's sections."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="answer on the web: start page, REST address, health")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    serve.add_argument("--port", type=_port, default=8000, help="port to listen on (8000)")
    serve.set_defaults(run=_serve)
    chat = commands.add_parser("chat", help="talk to the bot in the terminal")
    chat.add_argument("--language", choices=("en", "fr"), help="language to begin with")
    chat.set_defaults(run=_chat)
    train = commands.add_parser("train", help="learn from knowledge/ and put the new model in place")
    train.add_argument("--if-needed", action="store_true", help="do nothing when what is served is up to date")
    train.set_defaults(run=_train)
    check = commands.add_parser("check", help="find mistakes in knowledge/, with file, line and mend")
    check.add_argument("--due", action="store_true", help="list answers to be checked again, ready for a mail")
    check.add_argument("--language", choices=("en", "fr"), help="language of what it says (en; of --due the post's)")
    check.add_argument("folder", nargs="?", type=Path, help="another knowledge folder")
    check.set_defaults(run=_check)
    compare = commands.add_parser("compare", help="hold a newer copy of the embassy's page against knowledge/")
    compare.add_argument("page", type=Path, metavar="PAGE.txt", help="the page as plain text")
    compare.add_argument("--keep", action="store_true", help="keep this copy: the next one is compared with it")
    compare.add_argument("--shorter", action="store_true", help="keep it though most of the page is missing")
    compare.set_defaults(run=_compare)
    evaluate = commands.add_parser("evaluate", help="ask questions with known answers and report what came back")
    evaluate.add_argument("files", nargs="*", type=Path, metavar="FILE", help="question files (tests/questions/*.yml)")
    evaluate.add_argument("--failures", action="store_true", help="list every question that failed")
    evaluate.add_argument("--json", type=Path, metavar="FILE", help="also write the figures here")
    evaluate.set_defaults(run=_evaluate)
    tune = commands.add_parser("tune", help="choose the thresholds on the development questions")
    tune.add_argument("files", nargs="*", type=Path, metavar="FILE", help="question files (tests/development/*.yml)")
    tune.set_defaults(run=_tune)
    staff = commands.add_parser("staff", help="accounts of the console")
    people = staff.add_subparsers(dest="action", required=True, metavar="ACTION")
    adding = people.add_parser("add", help="make an account; the password is asked for, or read from standard input")
    adding.add_argument("name", help="what the person signs in with")
    adding.add_argument(
        "--role", choices=("editor", "publisher"), help="editors change drafts, publishers also publish"
    )
    adding.add_argument("--language", choices=("fr", "en"), default="fr", help="language of the console (fr)")
    adding.set_defaults(run=_add_staff)
    people.add_parser("list", help="all accounts").set_defaults(run=_list_staff)
    removing = people.add_parser("remove", help="remove an account and end its sessions")
    removing.add_argument("name")
    removing.set_defaults(run=_remove_staff)
    resetting = people.add_parser("reset", help="print a one-time password for an account and end its sessions")
    resetting.add_argument("name")
    resetting.set_defaults(run=_reset_staff)
    releases = commands.add_parser("releases", help="what was published: list it, or go back")
    actions = releases.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="every release, the newest first")
    listing.set_defaults(run=_list_releases)
    rollback = actions.add_parser("rollback", help="serve an earlier release again, as a new one")
    rollback.add_argument("number", type=int, help="the release to bring back")
    rollback.add_argument("--reason", default="", help="what the history will say")
    rollback.set_defaults(run=_roll_back)
    return parser


def _port(text: str) -> int:
    value = int(text)
    if not 0 <= value <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return value


def _serve(options: argparse.Namespace, settings: Settings) -> int:
    from bot.garbage import at_rest

    with at_rest():
        import uvicorn

        from bot.app import create_app

        app = create_app(settings)
    address = f"http://{options.host}:{options.port}"
    print(f"Start page   {address}/\nAll answers  {address}/faq  {address}/faq/fr")
    print(f"REST         {address}/webhooks/rest/webhook\nHealth       {address}/health", flush=True)
    uvicorn.run(
        app,
        host=options.host,
        port=options.port,
        log_level="warning",
        access_log=False,
        ws="wsproto",
        ws_max_size=settings.largest_body,
        timeout_graceful_shutdown=SECONDS_TO_STOP,
    )
    return 0


def _chat(options: argparse.Namespace, settings: Settings) -> int:
    from bot.channels.terminal import chat

    return chat(settings, options.language)


def _train(options: argparse.Namespace, settings: Settings) -> int:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from bot.knowledge.edit.files import recover
    from bot.training.current import is_up_to_date
    from bot.training.releases import ReleaseError, Releases
    from bot.training.train import TrainingError, train

    recover(settings.knowledge)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    try:
        release = Releases(settings).current()
        if release is not None:
            return _renew(settings, release, options.if_needed, Progress(*columns, console=Console(stderr=True)))
        if options.if_needed and is_up_to_date(settings):
            print("The current model is up to date.")
            return 0
        with Progress(*columns, console=Console(stderr=True), transient=False) as progress:
            task = progress.add_task("Starting", total=4)
            model = train(settings, lambda step: progress.update(task, description=step, advance=1))
            progress.update(task, description="Done", completed=4)
    except (TrainingError, ReleaseError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"The new model is {settings.models / model.file}.")
    return 0


def _renew(settings: Settings, release: Release, if_needed: bool, progress: Progress) -> int:
    """Once there are releases, only a release is served: what is learned becomes one, by the console's own rules."""
    from bot.publishing.renewal import adopt, plan, renew

    found = plan(settings, release, if_needed=if_needed)
    if found.why:
        print(found.why)
    if found.knowledge is None:
        adopt(settings, release)
        return 0
    with progress:
        task = progress.add_task("Starting", total=6)
        made, few = renew(settings, release, found.knowledge, lambda s: progress.update(task, description=s, advance=1))
        progress.update(task, description="Done", completed=6)
    _note(settings, "published", f"release {made.number} ({made.kind})", made.reason)
    if few:
        print(few)
    print(f"It is served as release {made.number}.")
    return 0


def _note(settings: Settings, action: str, subject: str, reason: str) -> None:
    """A line of the audit log. What was done is done: without a database it is only said that no line was written."""
    from sqlalchemy.exc import SQLAlchemyError

    from bot.store.database import open_database
    from bot.store.failures import explained
    from bot.store.staff import StaffStore

    try:
        StaffStore(open_database(settings.database_url)).note("command line", action, subject, reason)
    except (SettingsError, SQLAlchemyError, OSError) as error:
        why = str(error) if isinstance(error, SettingsError) else explained(settings.database_url, error)
        print(f"warning: the log could not be written: {action} {subject}. {why}", file=sys.stderr)


def _check(options: argparse.Namespace, settings: Settings) -> int:
    from bot.knowledge.checks import check_folder, report
    from bot.knowledge.due import due_list
    from bot.knowledge.reader import read_knowledge

    folder = options.folder or settings.knowledge
    if options.due:
        knowledge = read_knowledge(folder, questions=False)
        print(due_list(knowledge, date.today(), options.language or knowledge.post.default_language))
        return 0
    return report(check_folder(folder), options.language or "en")


def _compare(options: argparse.Namespace, settings: Settings) -> int:
    from bot.knowledge.compare import PageError, compare_page, keep_page, read_page

    try:
        text = read_page(options.page)
        print(compare_page(text, settings.knowledge))
        if options.keep:
            keep_page(text, settings.knowledge, shorter=options.shorter)
            print("This copy is kept: the next one is compared with it.")
    except PageError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _add_staff(options: argparse.Namespace, settings: Settings) -> int:
    from bot.console.accounts import add

    return add(settings, options.name, options.role, options.language)


def _list_staff(options: argparse.Namespace, settings: Settings) -> int:
    from bot.console.accounts import show

    return show(settings)


def _remove_staff(options: argparse.Namespace, settings: Settings) -> int:
    from bot.console.accounts import remove

    return remove(settings, options.name)


def _reset_staff(options: argparse.Namespace, settings: Settings) -> int:
    from bot.console.accounts import reset

    return reset(settings, options.name)


def _list_releases(options: argparse.Namespace, settings: Settings) -> int:
    from bot.training.releases import Releases

    survey = Releases(settings).survey()
    if not survey.releases and not survey.problems:
        print("Nothing was published yet: the bot answers from knowledge/ and the model trained last.")
    for release in survey.releases:
        served = "*" if release.number == survey.served else " "
        of = f" of release {release.of}" if release.of else ""
        print(f"{served} {release.number:4}  {release.created}  {release.author}  {release.kind}{of}  {release.reason}")
    for problem in survey.problems:
        print(f"error: {problem}", file=sys.stderr)
    return 1 if survey.problems else 0


def _roll_back(options: argparse.Namespace, settings: Settings) -> int:
    from bot.training.release import COMMAND_LINE, WENT_BACK
    from bot.training.releases import ReleaseError, Releases

    reason = options.reason or WENT_BACK
    try:
        release = Releases(settings).roll_back(options.number, author=COMMAND_LINE, reason=reason)
    except ReleaseError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    _note(settings, "rolled-back", f"release {release.number} (of {options.number})", reason)
    print(f"Release {release.number} is served now: everything as in release {options.number}.")
    return 0


def _evaluate(options: argparse.Namespace, settings: Settings) -> int:
    from bot.evaluation.command import evaluate

    return evaluate(settings, options.files, list_failures=options.failures, json_file=options.json)


def _tune(options: argparse.Namespace, settings: Settings) -> int:
    from bot.evaluation.tuning import tune

    return tune(settings, options.files)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; 0 on success, 1 on a failed job, 2 on wrong usage."""
    options = build_parser().parse_args(arguments)
    if not sys.warnoptions:
        # Rasa's libraries warn of each other's age at every start; nobody who runs a command can do anything about it.
        logging.captureWarnings(True)
        logging.getLogger("py.warnings").setLevel(logging.CRITICAL)
    try:
        settings = Settings.from_environment()
        return int(options.run(options, settings))
    except (SettingsError, KnowledgeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    raise SystemExit(main())
