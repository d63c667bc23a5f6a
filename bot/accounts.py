"""The accounts on other platforms, `channels` in business.yml. Secrets stand in the environment, only their names here.

An account whose variables are not set is off: the same files serve at a desk without tokens and in production.
"""

import os
from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, model_validator

from bot.yamlfile import Record, shaped, wrong


def _variable(name: str) -> str:
    # A token pasted here by mistake is not repeated in the message.
    if not (name.isascii() and name.replace("_", "").isalnum() and name == name.upper() and name[0].isalpha()):
        raise wrong(
            "this is not the name of an environment variable",
            "write a name such as TELEGRAM_TOKEN, and set the secret itself in the environment",
        )
    return name


Variable = Annotated[str, AfterValidator(_variable)]
Account = Annotated[str, shaped(r"[a-z][a-z0-9_]{0,39}", "a name of an account", "shop: small letters, digits and _")]
Address = Annotated[str, shaped(r"https?://[^\s/]+\S*", "a web address", "https://chat.shop.example")]
SlackChannelId = Annotated[
    str, shaped(r"[CG][A-Z0-9]{4,30}", "the id of a Slack channel", "C0123456789, from its details in Slack")
]
SlackGroupId = Annotated[
    str, shaped(r"[SUW][A-Z0-9]{4,30}", "the id of a Slack user group or person", "S0123456789, from its menu in Slack")
]
SlackTeamId = Annotated[
    str, shaped(r"[TE][A-Z0-9]{4,30}", "the id of a Slack workspace", "T0123456789, from its address in the browser")
]
Port = Annotated[int, Field(ge=1, le=65535)]
MailAddress = Annotated[str, shaped(r"[^\s@<>]+@[^\s@<>]+", "an e-mail address", "help@shop.example")]
Tls = Literal["always", "starttls", "never"]


class _Account(Record):
    """What all accounts share: ``account`` is its name in the database and must stay."""

    account: Account
    secrets: ClassVar[tuple[str, ...]] = ()  # settings that name a variable which has to be set

    def missing(self, environ: Mapping[str, str] = os.environ) -> list[str]:
        """Variables without which it is off."""
        return [name for name in self._variables() if not environ.get(name)]

    def _variables(self) -> Iterator[str]:
        for setting in self.secrets:
            name: str | None = getattr(self, setting)
            if name is not None:
                yield name


class TelegramAccount(_Account):
    """A bot on Telegram."""

    token: Variable = "TELEGRAM_TOKEN"
    mode: Literal["polling", "webhook"] = "polling"
    api: Address = "https://api.telegram.org"
    secrets: ClassVar[tuple[str, ...]] = ("token",)


class SlackAgents(Record):
    """The Slack channel where hand-overs appear: by reason first, then by language, else the default one.

    ``on_call`` is the user group that is mentioned once when nobody took over within ``unclaimed_minutes``. ``team``
    is the workspace of these channels, to be named only where many may install the app.
    """

    channel: SlackChannelId
    by_language: dict[str, SlackChannelId] = Field(default_factory=dict)
    by_reason: dict[str, SlackChannelId] = Field(default_factory=dict)
    on_call: SlackGroupId | None = None
    team: SlackTeamId | None = None
    unclaimed_minutes: Annotated[int, Field(ge=1)] = 5


class SlackAccount(_Account):
    """An app on Slack: for one workspace with a token of its own, or for many that install it (`client_id`).

    Of many, only those in ``vouched_by`` are believed whose an e-mail address is: their administrators can say of
    any address that it is one of theirs.
    """

    mode: Literal["socket", "http"] = "socket"
    bot_token: Variable | None = "SLACK_BOT_TOKEN"
    app_token: Variable = "SLACK_APP_TOKEN"
    signing_secret: Variable = "SLACK_SIGNING_SECRET"
    client_id: Variable | None = None
    client_secret: Variable | None = None
    vouched_by: tuple[SlackTeamId, ...] = ()
    api: Address = "https://slack.com/api/"
    agents: SlackAgents | None = None

    @model_validator(mode="after")
    def _one_home(self) -> "SlackAccount":
        if self.client_id is not None and self.agents is not None and self.agents.team is None:
            raise wrong("many workspaces may install the app, and none is named for the agents", "add team to agents")
        return self

    @model_validator(mode="after")
    def _believed(self) -> "SlackAccount":
        if self.client_id is None and self.vouched_by:
            raise wrong(
                "an app with a token of its own is in one workspace, which is believed anyway",
                "remove vouched_by, or set client_id and client_secret",
            )
        return self

    def vouches(self, external_id: str) -> bool:
        """Whether the workspace's word on an address of this person's counts; ``external_id`` begins with its id."""
        return self.client_id is None or external_id.partition("/")[0] in self.vouched_by

    def _variables(self) -> Iterator[str]:
        yield self.app_token if self.mode == "socket" else self.signing_secret
        yield from (name for name in (self.client_id, self.client_secret) if name is not None)
        if self.client_id is None and self.bot_token is not None:
            yield self.bot_token


class EmailAccount(_Account):
    """A mailbox: read over IMAP, answered over SMTP.

    ``signing_secret`` marks our messages: an answer to one finds its conversation, and nobody can make one up.
    ``authenticated_by`` is the mail server of ours whose word on a sender counts; without one nobody is verified.
    """

    address: MailAddress
    user: Variable = "EMAIL_USER"
    password: Variable = "EMAIL_PASSWORD"
    signing_secret: Variable = "EMAIL_SIGNING_SECRET"
    imap_host: str
    imap_port: Port = 993
    imap_tls: Tls = "always"
    smtp_host: str
    smtp_port: Port = 465
    smtp_tls: Tls = "always"
    authenticated_by: str | None = None
    secrets: ClassVar[tuple[str, ...]] = ("user", "password", "signing_secret")

    @model_validator(mode="after")
    def _hidden(self) -> "EmailAccount":
        for host, tls in ((self.imap_host, self.imap_tls), (self.smtp_host, self.smtp_tls)):
            if tls == "never" and not (host in ("localhost", "::1") or host.startswith("127.")):
                raise wrong(
                    f"the password would cross the network to {host} for everybody to read",
                    "write always, or starttls; never is for a server on the same machine",
                )
        return self


class Accounts(Record):
    """Everything under `channels`. ``public_url`` is where platforms reach us; without it we ask them."""

    public_url: Address | None = None
    telegram: tuple[TelegramAccount, ...] = ()
    slack: tuple[SlackAccount, ...] = ()
    email: tuple[EmailAccount, ...] = ()

    def believe(self, channel: str, account: str, external_id: str) -> bool:
        """Whether what was once believed of somebody's address still is, by what business.yml says today."""
        return all(one.vouches(external_id) for one in self.slack if (channel, account) == ("slack", one.account))

    @model_validator(mode="after")
    def _reachable(self) -> "Accounts":
        bots = [one.account for one in self.telegram if one.mode == "webhook"]
        called = bots + [one.account for one in self.slack if one.mode == "http"]
        if called and self.public_url is None:
            raise wrong(
                f'"{called[0]}" wants to be called, and no public_url says where',
                "add public_url: https://chat.shop.example under channels, or choose the other mode",
            )
        return self
