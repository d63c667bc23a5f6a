"""The app's home and `/warmline`: asking from anywhere in Slack, and how one's cases stand."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from slack_bolt.async_app import AsyncApp

from bot.arrival import Arrival, arrive
from bot.db import queries, transaction
from bot.services import Services
from channels.slack import messages
from channels.slack.calls import FAILURES, in_words
from channels.slack.customers import place_key
from channels.slack.mrkdwn import markup
from channels.slack.people import identity

if TYPE_CHECKING:
    from channels.slack.channel import SlackChannel

log = logging.getLogger(__name__)

COMMAND = "/warmline"

_SQL = queries("slack")

_ASK, _ASKED, _QUESTION = "home_ask", "home_asked", "question"
_PATIENCE_SECONDS = 1.0
_QUOTED_CHARACTERS = 200
_LONGEST_QUESTION = 3000  # Slack's limit on what can be typed into a dialog
_MOST_OPENED = 5_000

Json = Mapping[str, Any]
Blocks = list[dict[str, Any]]


def register(app: AsyncApp, channel: SlackChannel, services: Services) -> None:
    """Listen for the home tab, its dialog and the command."""
    listener = Home(channel, services)
    app.event("app_home_opened")(listener.opened)
    app.action(_ASK)(listener.ask)
    app.view(_ASKED)(listener.asked)
    app.command(COMMAND)(listener.command)


class Home:
    """What one account shows and is asked outside of conversations."""

    def __init__(self, channel: SlackChannel, services: Services) -> None:
        self._channel = channel
        self._services = services
        self._direct: dict[tuple[str, str], str] = {}

    async def opened(self, event: Json, context: Json) -> None:
        """Somebody looks at the home tab: show it as things stand."""
        if event.get("tab") == "home":
            self._channel.later(self._publish(context["team_id"], event["user"]))

    async def ask(self, ack: Any, body: Json, context: Json) -> None:
        """Somebody wants to ask: open the dialog, which Slack allows for three seconds."""
        await ack()
        team = context["team_id"]
        self._channel.later(self._open_dialog(team, body["user"]["id"], body["trigger_id"]))

    async def asked(self, ack: Any, body: Json, view: Json, context: Json) -> None:
        """The dialog came back: the question goes into the direct conversation."""
        team, user = context["team_id"], body["user"]["id"]
        text = str(view["state"]["values"][_QUESTION][_QUESTION].get("value") or "").strip()
        if await self._question(team, user, text, f"{team}/view/{view['id']}"):
            await ack()
        else:
            say = await self._words(team, user)
            await ack(response_action="errors", errors={_QUESTION: say("slack.no_direct")})

    async def command(self, ack: Any, command: Json, context: Json) -> None:
        """`/warmline` with a question, `cases` or `help`; only the person who typed it sees the answer here."""
        team, user = context["team_id"], command["user_id"]
        say = await self._words(team, user)
        text = str(command.get("text") or "").strip()
        match text.lower():
            case "" | "help":
                await ack(say("slack.help", command=COMMAND))
            case "cases":
                await ack(text=say("slack.cases.title"), blocks=await self._cases(team, user, say))
            case _:
                taken = await self._question(team, user, text, f"{team}/command/{command['trigger_id']}")
                await ack(say("slack.answered_directly" if taken else "slack.no_direct"))

    async def _question(self, team: str, user: str, text: str, id: str) -> bool:
        """Have a question answered in the direct conversation with its writer, where it is shown first.

        False when Slack does not let it be shown there: then it is not taken.
        """
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                direct = await self._direct_with(team, user)
                quote = "\n".join(f"> {line}" for line in markup(text).splitlines())
                await self._channel.call(team, "chat.postMessage", channel=direct, text=quote, unfurl_links=False)
        except FAILURES as error:
            log.warning("question not taken", extra={"problem": in_words(error)})
            return False
        sender = await self._channel.people.sender(team, user)
        key = place_key(team, direct, "")
        arrival = Arrival("slack", self._channel.account, key, sender, id, text, details={"user": user})
        async with transaction(self._services.pool) as connection:
            await arrive(connection, self._services, arrival)
        return True

    async def _direct_with(self, team: str, user: str) -> str:
        if (team, user) not in self._direct:
            answer = await self._channel.call(team, "conversations.open", users=user)
            if len(self._direct) >= _MOST_OPENED:
                self._direct.clear()
            self._direct[team, user] = str(answer["channel"]["id"])
        return self._direct[team, user]

    async def _publish(self, team: str, user: str) -> None:
        say = await self._words(team, user)
        blocks = [
            _title(say("slack.home.title", business=self._services.business.name)),
            messages.section(markup(say("slack.home.text"))),
            {"type": "actions", "elements": [messages.button(say("slack.home.ask"), _ASK, style="primary")]},
            {"type": "divider"},
            _title(say("slack.cases.title")),
            *await self._cases(team, user, say),
        ]
        await self._channel.call(team, "views.publish", user_id=user, view={"type": "home", "blocks": blocks})

    async def _open_dialog(self, team: str, user: str, trigger: str) -> None:
        say = await self._words(team, user)
        box = {
            "type": "plain_text_input",
            "action_id": _QUESTION,
            "multiline": True,
            "min_length": 1,
            "max_length": min(_LONGEST_QUESTION, self._services.business.limits.message_length),
        }
        view = {
            "type": "modal",
            "callback_id": _ASKED,
            "title": _words(say("slack.home.ask"), 24),
            "submit": _words(say("slack.home.send"), 24),
            "close": _words(say("slack.home.cancel"), 24),
            "blocks": [
                {"type": "input", "block_id": _QUESTION, "label": _words(say("slack.home.label"), 2000), "element": box}
            ],
        }
        await self._channel.call(team, "views.open", trigger_id=trigger, view=view)

    async def _cases(self, team: str, user: str, say: Any) -> Blocks:
        """Complaints of somebody, each in a section: number, how it stands, their words, what was promised."""
        key = {"account": self._channel.account, "external_id": identity(team, user)}
        async with transaction(self._services.pool) as connection:
            rows = await (await connection.execute(_SQL["cases"], key)).fetchall()
        if not rows:
            return [messages.section(markup(say("slack.cases.none")))]
        return [messages.section(_case(row, say)) for row in rows]

    async def _words(self, team: str, user: str) -> Any:
        """What says texts in somebody's language: the one they are answered in, else the one of their Slack."""
        key = {"account": self._channel.account, "external_id": identity(team, user)}
        async with transaction(self._services.pool) as connection:
            row = await (await connection.execute(_SQL["language"], key)).fetchone()
        language = row["language"] if row else (await self._channel.people.sender(team, user)).language
        wording = self._services.wordings[self._services.business.served(language or "")]
        return lambda text, **fields: wording.say(text, said=(), **fields)[0]


def _case(row: Json, say: Any) -> str:
    text = str(row["text"])
    quote = text if len(text) <= _QUOTED_CHARACTERS else f"{text[:_QUOTED_CHARACTERS]}…"
    lines = [f"*{markup(row['case_number'])}* · {markup(say('slack.case.' + row['status']))}", f"> {_one_line(quote)}"]
    for promise in row["promises"]:
        words = say("slack.case.promise", promise=promise["text"], due="\0")
        lines.append(markup(words).replace("\0", _moment(promise["due"])))
    return "\n".join(lines)


def _one_line(text: str) -> str:
    return markup(" ".join(text.split()))


def _moment(at: int) -> str:
    """A time that Slack shows in the reader's own zone; the text is for where it cannot."""
    plainly = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(at))
    return f"<!date^{at}^{{date_short_pretty}} {{time}}|{plainly}>"


def _title(text: str) -> dict[str, Any]:
    return {"type": "header", "text": _words(text, 150)}


def _words(text: str, most: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": text[:most], "emoji": False}
