"""The people of a workspace: they write, press, share and read as on Slack's own screens."""

from __future__ import annotations

import asyncio
import re
import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import httpx

from tests.standins.slack.delivery import Attempt
from tests.standins.slack.loop import on_slack
from tests.standins.slack.reading import Line, block_texts, buttons, choices, line, options, readable, rich_text, typed
from tests.standins.slack.workspace import Channel, File, Message, User, UserGroup, Workspace, new_id, new_ts, things

if TYPE_CHECKING:
    from tests.standins.slack.server import Slack

Json = dict[str, Any]
L = TypeVar("L")

# Where somebody acts: in a channel, in the thread of a message, or (None) in the direct conversation with the app.
Place = Channel | Message | None

PATIENCE_SECONDS = 30.0
_LINK_TO_SLACK = re.compile(r'href="([^"]*/oauth/v2/authorize[^"]*)"')


class Team:
    """A workspace with the app installed, for tests to fill with people and channels."""

    def __init__(self, slack: Slack, workspace: Workspace, token: str) -> None:
        self.slack = slack
        self.workspace = workspace
        self.token = token
        self.id = workspace.id

    @property
    def mention(self) -> str:
        """What people type to call the app."""
        return f"@{self.workspace.bot.name}"

    def person(
        self,
        name: str,
        *,
        email: str | None = None,
        email_confirmed: bool = True,
        locale: str = "en-US",
        tz: str = "Europe/Oslo",
    ) -> Person:
        """Somebody new; without ``email`` Slack has none to show."""
        user = User(
            id=new_id("U"), team=self.id, name=name, email=email, email_confirmed=email_confirmed, locale=locale, tz=tz
        )
        self.workspace.users[user.id] = user
        return Person(self.slack, self.workspace, user)

    def other_bot(self, name: str) -> Person:
        """Another app's bot; what it writes has a `bot_id`."""
        user = User(id=new_id("U"), team=self.id, name=name, bot_id=new_id("B"))
        self.workspace.users[user.id] = user
        return Person(self.slack, self.workspace, user)

    def channel(self, name: str, *members: Person, private: bool = False, with_app: bool = True) -> Channel:
        """A new channel."""
        ids = [*(member.id for member in members), *([self.workspace.bot.id] if with_app else [])]
        channel = Channel(id=new_id("C"), team=self.id, name=name, kind="group" if private else "channel", members=ids)
        self.workspace.channels[channel.id] = channel
        return channel

    def group(self, handle: str, *members: Person) -> UserGroup:
        """People who can be mentioned together."""
        group = UserGroup(id=new_id("S"), handle=handle, users=[member.id for member in members])
        self.workspace.groups[group.id] = group
        return group

    @on_slack
    async def revokes_tokens(self) -> None:
        """Somebody takes the app's token back: `tokens_revoked`, and calls answer `token_revoked`."""
        self.slack.end_tokens(self.workspace, "token_revoked")
        self._announce({"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [self.workspace.bot.id]}})

    @on_slack
    async def uninstalls(self) -> None:
        """Somebody removes the app: two events, and calls answer `account_inactive`."""
        self.slack.end_tokens(self.workspace, "account_inactive")
        self._announce({"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [self.workspace.bot.id]}})
        self._announce({"type": "app_uninstalled"})

    def _announce(self, event: Json) -> None:
        self.workspace.announce(self.workspace, event)


class Person:
    """Somebody in a workspace. Acts return when Slack has taken them; presses and commands, when the app answered."""

    def __init__(self, slack: Slack, workspace: Workspace, user: User) -> None:
        self.slack = slack
        self.workspace = workspace
        self.user = user
        self.id = user.id
        self.name = user.name

    # Writing

    @on_slack
    async def writes(self, text: str, to: Place = None) -> Message:
        """Send a text as typed: `@Name` calls, links and addresses become links."""
        return self._post(text, to, [])

    @on_slack
    async def edits(self, message: Message, text: str) -> None:
        """Change an own message."""
        assert message.user is self.user, f"{self.name} did not write that"
        text = typed(text, self.workspace)
        self.workspace.edit(message, text, rich_text(text), by=self.user)

    @on_slack
    async def deletes(self, message: Message) -> None:
        """Take an own message back."""
        assert message.user is self.user, f"{self.name} did not write that"
        self.workspace.remove(message)

    @on_slack
    async def shares(
        self, name: str, content: bytes, *, mimetype: str = "application/pdf", text: str = "", to: Place = None
    ) -> Message:
        """Share a file; ``mimetype`` is what Slack says of it, true or not."""
        file = File(
            id=new_id("F"), team=self.workspace.id, name=name, mimetype=mimetype, content=content, user=self.id,
            address=self.slack.url,
        )  # fmt: skip
        self.workspace.files[file.id] = file
        return self._post(text, to, [file])

    def _post(self, text: str, to: Place, files: list[File]) -> Message:
        channel, thread = self._place(to)
        assert self.id in channel.members or channel.kind == "channel", f"{self.name} is not in {channel.name}"
        text = typed(text, self.workspace)
        for file in files:
            file.channels.append(channel.id)
        return self.workspace.post(
            Message(
                ts=new_ts(), channel=channel.id, user=self.user, text=text, thread_ts=thread, files=files,
                blocks=rich_text(text) if text else [], client_msg_id=str(uuid.uuid4()),
            )
        )  # fmt: skip

    def _place(self, to: Place) -> tuple[Channel, str | None]:
        if to is None:
            return self.workspace.direct(self.user), None
        if isinstance(to, Channel):
            return to, None
        return self.workspace.channels[to.channel], to.thread_ts or to.ts

    # Reading

    @on_slack
    async def reads(self, at: Place = None) -> list[Line]:
        """A conversation as it looks now, updates and reactions applied, oldest first."""
        return self._lines(at)

    @on_slack
    async def sees(
        self, what: str | Callable[[list[Line]], object], at: Place = None, *, seconds: float = PATIENCE_SECONDS
    ) -> list[Line]:
        """Wait until a line holds this text (or the conversation fits) and return the conversation."""
        return await self._until(lambda: self._lines(at), what, seconds)

    async def _until(
        self, look: Callable[[], list[L]], what: str | Callable[[list[L]], object], seconds: float
    ) -> list[L]:
        end = time.monotonic() + seconds
        while True:
            lines = look()
            if any(what in str(one) for one in lines) if isinstance(what, str) else what(lines):
                return lines
            shown = "\n".join(f"  {one}" for one in lines) or "  (nothing)"
            assert time.monotonic() < end, f"{self.name} waited {seconds} s in vain for {what!r} and sees:\n{shown}"
            await asyncio.sleep(0.02)

    def _lines(self, at: Place) -> list[Line]:
        channel, thread = self._place(at)
        messages = channel.messages if thread is None else channel.thread(thread)
        return [line(one, self.workspace) for one in messages if one.only_for in (None, self.id)]

    # Pressing and choosing

    @on_slack
    async def presses(self, button: str, at: Place = None, *, on_home: bool = False) -> Attempt:
        """Press the newest button with this text; how the app answered."""
        return await self._act(button, at, on_home=on_home, choice=False)

    @on_slack
    async def chooses(self, option: str, at: Place = None, *, on_home: bool = False) -> Attempt:
        """Choose an option of a menu by its text."""
        return await self._act(option, at, on_home=on_home, choice=True)

    async def _act(self, wanted: str, at: Place, *, on_home: bool, choice: bool) -> Attempt:
        shown: list[tuple[Message | None, list[Json]]] = []
        if on_home:
            shown.append((None, self.workspace.homes.get(self.id, {"blocks": []})["blocks"]))
        else:
            shown += [(one.message, one.message.blocks) for one in reversed(self._lines(at))]
        for message, blocks in shown:
            for block, thing in things(blocks):
                if (action := _action(thing, wanted, choice=choice)) is not None:
                    action |= {"action_id": thing["action_id"], "block_id": block["block_id"], "action_ts": new_ts()}
                    return await self.slack.events.ask("interactive", self._block_actions(action, message))
        offered = [text for _, blocks in shown for text in (choices(blocks) if choice else buttons(blocks))]
        raise AssertionError(f"{self.name} finds no {wanted!r} among {offered}")

    def _block_actions(self, action: Json, message: Message | None) -> Json:
        payload = self._payload("block_actions") | {"state": {"values": {}}, "actions": [action]}
        if message is None:
            view = self.workspace.homes[self.id]
            return payload | {"view": view, "container": {"type": "view", "view_id": view["id"]}}
        channel = self.workspace.channels[message.channel]
        container: Json = {"type": "message", "message_ts": message.ts, "channel_id": channel.id}
        container["is_ephemeral"] = message.only_for is not None
        if message.thread_ts:
            container["thread_ts"] = message.thread_ts
        name = {"channel": channel.name, "im": "directmessage", "group": "privategroup"}[channel.kind]
        payload |= {"container": container, "channel": {"id": channel.id, "name": name}}
        payload["response_url"] = self.slack.answers.new_address(self.workspace, channel, self.id, message)
        return payload if message.only_for else payload | {"message": message.as_json()}

    def _payload(self, kind: str) -> Json:
        user = {"id": self.id, "username": self.user.handle, "name": self.user.handle, "team_id": self.workspace.id}
        return {
            "type": kind,
            "user": user,
            "team": {"id": self.workspace.id, "domain": self.workspace.domain},
            "api_app_id": self.slack.app_id,
            "token": self.slack.verification_token,
            "trigger_id": self.slack.new_trigger(self.id),
            "enterprise": None,
            "is_enterprise_install": False,
        }

    # Commands, the home tab, dialogs

    @on_slack
    async def runs(self, command: str, text: str = "", at: Channel | None = None) -> Attempt:
        """Run a slash command; an answer is shown where it was run, a failure as Slack shows one."""
        channel, _ = self._place(at)
        payload = {
            "token": self.slack.verification_token,
            "team_id": self.workspace.id,
            "team_domain": self.workspace.domain,
            "channel_id": channel.id,
            "channel_name": channel.name or "directmessage",
            "user_id": self.id,
            "user_name": self.user.handle,
            "command": command,
            "text": text,
            "api_app_id": self.slack.app_id,
            "is_enterprise_install": "false",
            "response_url": self.slack.answers.new_address(self.workspace, channel, self.id, None),
            "trigger_id": self.slack.new_trigger(self.id),
        }
        attempt = await self.slack.events.ask("slash_commands", payload)
        if attempt.failure is not None:
            error = "operation_timeout" if attempt.failure in ("http_timeout", "timeout") else "dispatch_failed"
            said = {"text": f"{command} failed with the error {error}"}
            self.slack.answers.show(self.workspace, channel, self.id, said)
        elif attempt.answer:
            self.slack.answers.show(self.workspace, channel, self.id, attempt.answer)
        return attempt

    @on_slack
    async def opens_home(self) -> None:
        """Open the app's home tab."""
        channel = self.workspace.direct(self.user)
        event: Json = {"type": "app_home_opened", "user": self.id, "channel": channel.id, "tab": "home"}
        self.workspace.announce(self.workspace, {**event, "event_ts": new_ts()})

    @on_slack
    async def sees_home(self, what: str, *, seconds: float = PATIENCE_SECONDS) -> list[str]:
        """Wait until the home tab says this and return it, buttons in brackets."""
        return await self._until(lambda: self._view(self.workspace.homes), what, seconds)

    @on_slack
    async def sees_dialog(self, what: str, *, seconds: float = PATIENCE_SECONDS) -> list[str]:
        """Wait until the open dialog says this and return it, its title first."""
        return await self._until(lambda: self._view(self.workspace.modals), what, seconds)

    @property
    def has_dialog(self) -> bool:
        """Whether a dialog is open."""
        return self.id in self.workspace.modals

    def _view(self, views: dict[str, Json]) -> list[str]:
        view = views.get(self.id)
        if view is None:
            return []
        title = [view["title"]["text"]] if "title" in view else []
        texts = [readable(text, self.workspace) for text in block_texts(view["blocks"])]
        return [*title, *texts, *(f"[{button}]" for button in buttons(view["blocks"]))]

    @on_slack
    async def submits(self, filled: dict[str, str]) -> Attempt:
        """Fill in the open dialog by its labels and send it; it closes unless the app answers otherwise."""
        view = self.workspace.modals[self.id]
        values: Json = {}
        fields = {block["label"]["text"]: block for block in view["blocks"] if block["type"] == "input"}
        assert filled.keys() <= fields.keys(), f"the dialog asks for {list(fields)}"
        for label, block in fields.items():
            element = block["element"]
            state = {"type": element["type"], **_filled(element, filled.get(label))}
            values[block["block_id"]] = {element["action_id"]: state}
        sent = {**view, "state": {"values": values}}
        attempt = await self.slack.events.ask(
            "interactive", self._payload("view_submission") | {"view": sent, "response_urls": []}
        )
        if attempt.failure is None:
            self.slack.answers.dialog(self.workspace, self.id, attempt.answer or {})
        return attempt

    # Installing

    async def installs(self, url: str, *, agrees: bool = True) -> httpx.Response:
        """Open the app's page for installing, follow it to Slack and back; the last page.

        The app's cookie is for https only; this browser stands for one behind a proxy that speaks it.
        """
        async with httpx.AsyncClient(trust_env=False) as http:
            start = await http.get(url)
            app_cookie = start.headers.get("set-cookie", "").partition(";")[0]
            address = start.headers.get("location") or _LINK_TO_SLACK.search(start.text)[1]  # type: ignore[index]
            who = f"person={self.id}" + ("" if agrees else "; refuses=1")
            back = await http.get(address.replace("&amp;", "&"), headers={"cookie": who})
            assert back.status_code == 302, back.text
            return await http.get(back.headers["location"], headers={"cookie": app_cookie})


def _action(thing: Json, wanted: str, *, choice: bool) -> Json | None:
    """The action of pressing or choosing what reads ``wanted``, if this is where one can."""
    if not choice:
        if thing["type"] != "button" or thing["text"]["text"] != wanted:
            return None
        shown: Json = {name: thing[name] for name in ("text", "value", "url", "style") if name in thing}
        return {"type": "button", **shown}
    option = next((one for one in options(thing) if one["text"]["text"] == wanted), None)
    return None if option is None else {"type": thing["type"], "selected_option": option}


def _filled(element: Json, given: str | None) -> Json:
    """The state of an input that holds ``given``, or what it began with."""
    kind = element["type"]
    if kind == "plain_text_input":
        return {"value": given if given is not None else element.get("initial_value")}
    if kind in ("static_select", "radio_buttons"):
        if given is None:
            return {"selected_option": element.get("initial_option")}
        return {"selected_option": next(one for one in options(element) if one["text"]["text"] == given)}
    if kind == "datepicker":
        return {"selected_date": given or element.get("initial_date")}
    if kind == "timepicker":
        return {"selected_time": given or element.get("initial_time")}
    if kind == "users_select":
        return {"selected_user": given or element.get("initial_user")}
    raise AssertionError(f"nobody here can fill in a {kind}")
