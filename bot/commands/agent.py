"""Accounts of the people who answer at the desk.

example:
  warmline agent add Olga --role lead
"""

import argparse
import getpass
import sys

from bot.commands import Commands, Run, add_command, add_data, database
from bot.errors import StartError
from bot.settings import Settings
from bot.terminal import say


def register(commands: Commands) -> None:
    """Add the family."""
    agent = commands.add_parser(
        "agent",
        help="manage the accounts of agents",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    family = agent.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(name: str, run: Run, summary: str) -> argparse.ArgumentParser:
        parser = add_command(family, name, run, summary)
        add_data(parser)
        return parser

    add = command("add", _add, "add an account for the desk")
    add.add_argument("name", metavar="NAME", help="the name to log in with, which customers see as well")
    add.add_argument("--email", metavar="ADDRESS", help="by which this person is known in Slack")
    add.add_argument("--role", choices=("agent", "lead", "admin"), default="agent", help="(default: %(default)s)")
    add.add_argument(
        "--language",
        action="append",
        metavar="CODE",
        help="a language this person answers in; repeatable (default: the first of business.yml)",
    )
    password = command("password", _password, "give an account a new password")
    lock_out = command("lock-out", _lock_out, "let nobody log in with an account")
    command("list", _list, "show all accounts")
    email = command("email", _email, "set the e-mail address of an account")
    link = command("link", _link, "make a code that links an account with Slack")
    for parser in (password, lock_out, email, link):
        parser.add_argument("name", metavar="NAME", help="the account's name")
    email.add_argument("address", metavar="ADDRESS", help='such as olga@shop.example; "" takes it away')
    for parser in (add, password):
        parser.add_argument(
            "--password-stdin", action="store_true", help="read the password from the first line of stdin"
        )


def _add(chosen: argparse.Namespace, settings: Settings) -> int:
    """Add an account for the desk. The password is asked for, or read from
    stdin. Leads also get what is routed to leads, such as legal threats;
    admins may do everything. A language is one of business.yml.

    examples:
      warmline agent add Olga
      warmline agent add Olga --role lead --language en
      warmline agent add Olga --email olga@shop.example
      pwgen 20 1 | warmline agent add Olga --password-stdin
    """
    from bot.agents import add_agent
    from bot.business import load_business

    business = load_business(settings.root)
    languages = chosen.language or business.languages[:1]
    for language in languages:
        business.require_language(language)
    password = _read_password(chosen)
    with database(settings) as url:
        add_agent(url, chosen.name, password, role=chosen.role, languages=languages, email=chosen.email)
    say(f"{chosen.name} can log in at the desk now.")
    return 0


def _password(chosen: argparse.Namespace, settings: Settings) -> int:
    """Give an account a new password; its sessions end. The password is asked
    for, or read from stdin.

    example:
      warmline agent password Olga
    """
    from bot.agents import set_password

    password = _read_password(chosen)
    with database(settings) as url:
        set_password(url, chosen.name, password)
    say(f"{chosen.name} has a new password, and is logged out everywhere.")
    return 0


def _lock_out(chosen: argparse.Namespace, settings: Settings) -> int:
    """Let nobody log in with an account any more, when somebody leaves. What
    they wrote stays under their name.

    example:
      warmline agent lock-out Olga
    """
    from bot.agents import lock_out

    with database(settings) as url:
        lock_out(url, chosen.name)
    say(f"{chosen.name} cannot log in any more. A new password lets them in again: warmline agent password")
    return 0


def _list(_chosen: argparse.Namespace, settings: Settings) -> int:
    """Show all accounts: name, role, and whether it is locked out."""
    from bot.agents import list_agents

    with database(settings) as url:
        for name, role, can_log_in in list_agents(url):
            print(f"{name}\t{role}\t{'' if can_log_in else 'locked out'}".rstrip())
    return 0


def _email(chosen: argparse.Namespace, settings: Settings) -> int:
    """Set the e-mail address by which somebody is known in Slack: whoever has
    it there, verified by Slack, is this agent.

    examples:
      warmline agent email Olga olga@shop.example
      warmline agent email Olga ""
    """
    from bot.agents import set_email

    with database(settings) as url:
        set_email(url, chosen.name, chosen.address)
    say(f"{chosen.name} is known by {chosen.address} now." if chosen.address else f"{chosen.name} has no address now.")
    return 0


def _link(chosen: argparse.Namespace, settings: Settings) -> int:
    """Make a code with which somebody says in Slack that an account is theirs.
    It can be used once, within ten minutes.

    example:
      warmline agent link Olga
    """
    from bot.linking import CODE_MINUTES, code_for

    with database(settings) as url:
        code = code_for(url, chosen.name)
    say(f"{chosen.name} writes this in Slack within {CODE_MINUTES} minutes: /warmline link {code}")
    return 0


def _read_password(chosen: argparse.Namespace) -> str:
    if chosen.password_stdin:
        return sys.stdin.readline().rstrip("\n")
    if not sys.stdin.isatty():
        raise StartError("There is no terminal to type a password in. Fix: add --password-stdin and pass it there.")
    password = getpass.getpass("Password: ")
    if password != getpass.getpass("The same again: "):
        raise StartError("These were two different passwords. Fix: try once more.")
    return password
