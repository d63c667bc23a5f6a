"""The `warmline` command."""

import argparse
import asyncio
import contextlib
import getpass
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from bot.embedded_postgres import embedded_postgres
from bot.errors import CommandError, ConfigurationError, StartError, Unavailable, WarmlineError
from bot.settings import Settings
from bot.terminal import say

# Set before numpy, onnxruntime or TensorFlow are loaded, which read them once; all children inherit them.
LIBRARIES = {
    "OMP_NUM_THREADS": "1",  # small models: a second thread costs more than it brings
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "PYTHONWARNINGS": "ignore",
}
PORT = 8000
HOST = "127.0.0.1"

Command = Callable[[argparse.Namespace, Settings], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code: 0 fine, 1 something stood in the way, 2 a file or the command line is wrong."""
    for name, value in LIBRARIES.items():
        os.environ.setdefault(name, value)
    chosen = _parser().parse_args(arguments)
    settings = Settings.from_environment()
    if getattr(chosen, "data", None):
        settings = replace(settings, data=chosen.data.resolve())
    try:
        if not (settings.root / "business.yml").exists():
            raise StartError("There is no business.yml here. Fix: run this in the project's directory.")
        command: Command = chosen.command
        return command(chosen, settings)
    except (ConfigurationError, CommandError) as error:
        say(str(error))
        return 2
    except Unavailable as error:
        say(_one_line(f"{error}. Fix: see that the server of DATABASE_URL runs and lets this user in."))
        return 1
    except WarmlineError as error:
        say(_one_line(str(error)))
        return 1
    except KeyboardInterrupt:
        return 130


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _up(chosen: argparse.Namespace, settings: Settings) -> int:
    from bot.up import up

    return up(settings, host=chosen.host, port=chosen.port)


def _web(chosen: argparse.Namespace, settings: Settings) -> int:
    import uvicorn

    from bot.db import migrate
    from bot.logs import configure

    _require_database(settings)
    configure("web", settings.logs)
    migrate(settings.database_url)
    uvicorn.run(
        "bot.wiring:web_app",
        factory=True,
        host=chosen.host,
        port=chosen.port,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,  # event streams never end by themselves; browsers come back
    )
    return 0


def _worker(_chosen: argparse.Namespace, settings: Settings) -> int:
    from bot.db import migrate
    from bot.logs import configure

    _require_database(settings)
    configure("worker", settings.logs)
    migrate(settings.database_url)
    from bot.wiring import run_worker

    asyncio.run(run_worker(settings))
    return 0


def _train(chosen: argparse.Namespace, settings: Settings) -> int:
    from bot.business import load_business
    from bot.train import train, trained_model

    for language in load_business(settings.root).languages:
        model = None if chosen.force else trained_model(settings.root, language)
        if model is not None:
            say(f"The model fits the project already: {model.name}. To train all the same: warmline train --force")
            continue
        model = train(settings.root, language, settings.data / "logs" / "train.log", force=chosen.force)
        say(f"Trained: {model.name}")
    return 0


def _check(_chosen: argparse.Namespace, settings: Settings) -> int:
    from bot.check import problems

    if wrong := problems(settings.root):
        return _report([str(problem) for problem in wrong], 2)
    from bot.wiring import channel_problems  # the files are right: now what the platforms say

    found, off = asyncio.run(channel_problems(settings))
    for account in off:
        say(account)
    if found:
        return _report(found, 1)
    say("Everything is in order.")
    return 0


def _report(found: Sequence[str], code: int) -> int:
    for problem in found:
        print(problem)
    say(f"{len(found)} problem{'s' if len(found) > 1 else ''}.")
    return code


def _shell(chosen: argparse.Namespace, _settings: Settings) -> int:
    from bot.shell import talk

    talk(chosen.url)
    return 0


def _explain(chosen: argparse.Namespace, settings: Settings) -> int:
    from bot.logs import configure

    configure("explain", settings.logs)
    from bot.explain import Explainer, readable

    explainer = Explainer.load(settings.root, chosen.language)
    for given in chosen.texts:
        for text in filter(None, map(str.strip, sys.stdin if given == "-" else [given])):
            report = explainer.report(text)
            print(json.dumps(report, ensure_ascii=False) if chosen.json else readable(report), flush=True)
    return 0


def _agent_add(chosen: argparse.Namespace, settings: Settings) -> int:
    from bot.agents import add_agent
    from bot.business import load_business
    from bot.db import migrate

    business = load_business(settings.root)
    languages = chosen.language or business.languages[:1]
    for language in languages:
        business.require_language(language)
    password = _password(chosen)
    with _database(settings) as url:
        migrate(url)
        add_agent(url, chosen.name, password, role=chosen.role, languages=languages, email=chosen.email)
    say(f"{chosen.name} can log in at the desk now.")
    return 0


def _agent_email(chosen: argparse.Namespace, settings: Settings) -> int:
    from bot.agents import set_email
    from bot.db import migrate

    with _database(settings) as url:
        migrate(url)
        set_email(url, chosen.name, chosen.address)
    say(f"{chosen.name} is known by {chosen.address} now." if chosen.address else f"{chosen.name} has no address now.")
    return 0


def _agent_link(chosen: argparse.Namespace, settings: Settings) -> int:
    from bot.db import migrate
    from bot.linking import CODE_MINUTES, code_for

    with _database(settings) as url:
        migrate(url)
        code = code_for(url, chosen.name)
    say(f"{chosen.name} writes this in Slack within {CODE_MINUTES} minutes: /warmline link {code}")
    return 0


def _agent_password(chosen: argparse.Namespace, settings: Settings) -> int:
    from bot.agents import set_password

    password = _password(chosen)
    with _database(settings) as url:
        set_password(url, chosen.name, password)
    say(f"{chosen.name} has a new password, and is logged out everywhere.")
    return 0


def _agent_lock_out(chosen: argparse.Namespace, settings: Settings) -> int:
    from bot.agents import lock_out

    with _database(settings) as url:
        lock_out(url, chosen.name)
    say(f"{chosen.name} cannot log in any more. A new password lets them in again: warmline agent password")
    return 0


def _agent_list(_chosen: argparse.Namespace, settings: Settings) -> int:
    from bot.agents import list_agents

    with _database(settings) as url:
        for name, role, can_log_in in list_agents(url):
            print(f"{name}\t{role}\t{'' if can_log_in else 'locked out'}".rstrip())
    return 0


def _telegram(chosen: argparse.Namespace, settings: Settings) -> int:
    from bot.logs import configure
    from bot.wiring import administer_telegram

    configure("telegram", settings.logs)
    for line in asyncio.run(administer_telegram(settings, chosen.verb, chosen.account)):
        print(line)
    return 0


def _password(chosen: argparse.Namespace) -> str:
    if chosen.password_stdin:
        return sys.stdin.readline().rstrip("\n")
    if not sys.stdin.isatty():
        raise StartError("There is no terminal to type a password in. Fix: add --password-stdin and pass it there.")
    password = getpass.getpass("Password: ")
    if password != getpass.getpass("The same again: "):
        raise StartError("These were two different passwords. Fix: try once more.")
    return password


@contextlib.contextmanager
def _database(settings: Settings) -> Iterator[str]:
    """The address of the database; the embedded one is started for this if it does not run."""
    if settings.database_url:
        yield settings.database_url
    else:
        with embedded_postgres(settings.data) as url:
            yield url


def _require_database(settings: Settings) -> None:
    if not settings.database_url:
        raise StartError(
            "DATABASE_URL is not set. Fix: set it to your PostgreSQL, or run `warmline up`, which brings one."
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="warmline",
        description="Answers customers, calms those who are upset, hands over to people who then know the story.",
        epilog="Start with `warmline up`. Each command explains itself: warmline up --help",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(name: str, run: Command, help: str, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(
            name, help=help, description=text, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        added.set_defaults(command=run)
        return added

    up = command("up", _up, "start everything on this machine", UP)
    _add_address(up)
    up.add_argument("--data", type=Path, metavar="DIR", help="where to keep database and logs (default: .warmline)")
    _add_address(command("web", _web, "start one web process", WEB))
    command("worker", _worker, "start one worker process", WORKER)
    train = command("train", _train, "train the Rasa model if the project changed", TRAIN)
    train.add_argument("--force", action="store_true", help="train everything, changed or not")
    command("check", _check, "check all configuration", CHECK)
    shell = command("shell", _shell, "talk to the running bot as a customer", SHELL)
    shell.add_argument("--url", default=f"http://{HOST}:{PORT}", help="the site to talk to (default: %(default)s)")
    explain = command("explain", _explain, "say what is understood of a text, and why", EXPLAIN)
    explain.add_argument("texts", nargs="+", metavar="TEXT", help="a message; - reads one from each line of stdin")
    explain.add_argument("--language", metavar="CODE", help="of the texts (default: what they seem to be)")
    explain.add_argument("--json", action="store_true", help="one JSON object a line, with all that is known")
    telegram = command("telegram", _telegram, "see how a bot on Telegram is reached, or change it", TELEGRAM)
    telegram.add_argument("verb", choices=("set-webhook", "info", "delete"), help="what to do with the webhook")
    telegram.add_argument("--account", metavar="NAME", help="the account in business.yml (default: all of them)")
    _add_agent_commands(command("agent", _agent_list, "manage the accounts of agents", AGENT))
    return parser


def _add_address(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=_port, default=PORT, help="port to listen on (default: %(default)s)")
    parser.add_argument("--host", default=HOST, help="address to listen on (default: %(default)s, this machine only)")


def _add_agent_commands(agent: argparse.ArgumentParser) -> None:
    commands = agent.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(name: str, run: Command, summary: str, description: str) -> argparse.ArgumentParser:
        parser = commands.add_parser(
            name, help=summary, description=description, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        parser.set_defaults(command=run)
        parser.add_argument(
            "--data", type=Path, metavar="DIR", help="the directory given to `warmline up` (default: .warmline)"
        )
        return parser

    add = command("add", _agent_add, "add an account for the desk", AGENT_ADD)
    password = command("password", _agent_password, "give an account a new password", AGENT_PASSWORD)
    out = command("lock-out", _agent_lock_out, "let nobody log in with an account", AGENT_LOCK_OUT)
    command("list", _agent_list, "show all accounts", AGENT_LIST)
    add.add_argument("name", metavar="NAME", help="the name to log in with, which customers see as well")
    email = command("email", _agent_email, "set the e-mail address of an account", AGENT_EMAIL)
    link = command("link", _agent_link, "make a code that links an account with Slack", AGENT_LINK)
    for one in (password, out, email, link):
        one.add_argument("name", metavar="NAME", help="the account's name")
    email.add_argument("address", metavar="ADDRESS", help='such as olga@shop.example; "" takes it away')
    add.add_argument("--email", metavar="ADDRESS", help="by which this person is known in Slack")
    add.add_argument("--role", choices=("agent", "lead", "admin"), default="agent", help="(default: %(default)s)")
    add.add_argument(
        "--language",
        action="append",
        metavar="CODE",
        help="a language this person answers in; repeatable (default: the first of business.yml)",
    )
    for one in (add, password):
        one.add_argument("--password-stdin", action="store_true", help="read the password from the first line of stdin")


def _port(text: str) -> int:
    port = int(text) if text.isdecimal() else 0
    if not 1 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is not a port; choose a number from 1 to 65535")
    return port


UP = """\
Start everything on this machine and keep it running until Ctrl-C:
check the configuration, start the embedded PostgreSQL (none when
DATABASE_URL is set), migrate, train if the project changed, start web
and worker, print the addresses and, the first time, the password of
the account "admin".

examples:
  warmline up
  warmline up --port 9000 --host 0.0.0.0
  WARMLINE_ADMIN_PASSWORD=… warmline up
  DATABASE_URL=postgresql://user@host/name warmline up
"""

WEB = """\
Start one web process: website chat, help page, desk, their API. It
needs DATABASE_URL. Several may share one database. `warmline up` starts
one by itself; use this under a service manager.

example:
  DATABASE_URL=postgresql://user@host/name warmline web --port 8000
"""

WORKER = """\
Start one worker process: it answers messages, with Rasa inside. It
needs DATABASE_URL and a trained model. Several may share one database.
It ends when PostgreSQL goes away: let the service manager restart it.

example:
  DATABASE_URL=postgresql://user@host/name warmline worker
"""

TRAIN = """\
Train the Rasa model when config.yml, domain.yml, the training data or
the components changed since; the result is in models/. Articles and
wording need no training. `warmline up` does this by itself.

examples:
  warmline train
  warmline train --force
"""

CHECK = """\
Check all that people write: the business profile, articles, wording and
its tone, training examples. Prints one line for every problem:

  file:line: problem. Fix: what to do.

Then asks the platforms whether they let our accounts in.

Exit code 0 when everything is in order, 2 when a file is wrong, 1 when
a platform finds fault.
"""

SHELL = """\
Talk to a running Warmline as a customer would, over the website's own
contract: the message goes the whole way, hand-over included. (Rasa's
dialogue alone is what `rasa shell` shows.) A number presses a button.

examples:
  warmline shell
  echo "Where is my order?" | warmline shell --url http://127.0.0.1:9000
"""

EXPLAIN = """\
Say what the trained model understands of a text, and why: the intents
with what each part makes of them, the training examples nearest to it,
mood, entities, and which articles fit, whether asked for or not. Reads
the articles' files, needs no running Warmline, and stores nothing.

examples:
  warmline explain "where is my parcel"
  warmline explain --json - < messages.txt
"""

TELEGRAM = """\
Bots on Telegram, the accounts under channels: telegram: in business.yml.

  info         who the bot is, how it is reached, what is wrong
  set-webhook  have Telegram call us at public_url; web does so by itself
  delete       have Telegram call nobody; a bot that polls does so by itself

examples:
  TELEGRAM_TOKEN=… warmline telegram info
  TELEGRAM_TOKEN=… warmline telegram set-webhook --account shop
"""

AGENT = """\
Accounts of the people who answer at the desk.

example:
  warmline agent add Olga --role lead
"""

AGENT_PASSWORD = """\
Give an account a new password; its sessions end. The password is asked
for, or read from stdin.

example:
  warmline agent password Olga
"""

AGENT_LOCK_OUT = """\
Let nobody log in with an account any more, when somebody leaves. What
they wrote stays under their name.

example:
  warmline agent lock-out Olga
"""

AGENT_EMAIL = """\
Set the e-mail address by which somebody is known in Slack: whoever has
it there, verified by Slack, is this agent.

examples:
  warmline agent email Olga olga@shop.example
  warmline agent email Olga ""
"""

AGENT_LINK = """\
Make a code with which somebody says in Slack that an account is theirs.
It can be used once, within ten minutes.

example:
  warmline agent link Olga
"""

AGENT_LIST = """\
Show all accounts: name, role, and whether it is locked out.
"""

AGENT_ADD = """\
Add an account for the desk. The password is asked for, or read from
stdin. Leads also get what is routed to leads, such as legal threats;
admins may do everything. A language is one of business.yml.

examples:
  warmline agent add Olga
  warmline agent add Olga --role lead --language en
  warmline agent add Olga --email olga@shop.example
  pwgen 20 1 | warmline agent add Olga --password-stdin
"""

if __name__ == "__main__":
    sys.exit(main())
