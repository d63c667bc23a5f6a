"""What an app answers beside the Web API: to commands, to `response_url`, to dialogs."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.standins.slack import schema
from tests.standins.slack.workspace import Channel, Message, Workspace, new_id, new_ts, with_ids

if TYPE_CHECKING:
    from tests.standins.slack.server import Slack

Json = dict[str, Any]

# As documented: five answers within thirty minutes. No test lasts so long.
RESPONSE_URL_USES = 5


@dataclass(kw_only=True)
class _Address:
    workspace: Workspace
    channel: Channel
    user: str
    message: Message | None
    uses: int = RESPONSE_URL_USES


@dataclass
class Answers:
    """The open `response_url`s, and the ways in which an answer is shown."""

    slack: Slack
    _addresses: dict[str, _Address] = field(default_factory=dict)

    def new_address(self, workspace: Workspace, channel: Channel, user: str, message: Message | None) -> str:
        """A `response_url` for what a user did, to a message or by a command."""
        ticket = secrets.token_urlsafe(16)
        self._addresses[ticket] = _Address(workspace=workspace, channel=channel, user=user, message=message)
        return f"{self.slack.url}/actions/{ticket}"

    async def answer(self, request: Request) -> Response:
        """A post to a `response_url`."""
        address = self._addresses.get(request.path_params["ticket"])
        if address is None or address.uses == 0:
            return JSONResponse({"ok": False, "error": "used_url" if address else "expired_url"}, 404)
        address.uses -= 1
        try:
            answer = json.loads(await request.body())
        except ValueError:
            return JSONResponse({"ok": False, "error": "invalid_json"}, 400)
        if schema.wrong_blocks(answer.get("blocks") or []):
            return JSONResponse({"ok": False, "error": "invalid_blocks"})
        message = address.message
        if message is not None and answer.get("delete_original"):
            address.workspace.remove(message)
        elif message is not None and answer.get("replace_original"):
            address.workspace.edit(message, answer.get("text", ""), answer.get("blocks") or [], by=message.user)
        else:
            self.show(address.workspace, address.channel, address.user, answer)
        return JSONResponse({"ok": True})

    def show(self, workspace: Workspace, channel: Channel, user: str, answer: Json) -> None:
        """Show an answer, to the user alone unless it says "in_channel"."""
        wrong = schema.wrong_blocks(answer.get("blocks") or [])
        assert not wrong, f"the app answered with blocks that Slack refuses: {wrong}"
        workspace.post(
            Message(
                ts=new_ts(), channel=channel.id, user=workspace.bot, text=answer.get("text", ""),
                blocks=answer.get("blocks") or [], thread_ts=answer.get("thread_ts"),
                only_for=None if answer.get("response_type") == "in_channel" else user,
            )
        )  # fmt: skip

    def keep_view(self, workspace: Workspace, view: Json) -> Json:
        """A view as Slack keeps and shows it from now on."""
        id = new_id("V")
        return {
            "private_metadata": "",
            "callback_id": "",
            "external_id": "",
            **view,
            "blocks": with_ids(view["blocks"]),
            "id": id,
            "team_id": workspace.id,
            "app_id": self.slack.app_id,
            "bot_id": workspace.bot.bot_id,
            "app_installed_team_id": workspace.id,
            "root_view_id": id,
            "previous_view_id": None,
            "hash": f"{new_ts()}.{secrets.token_hex(4)}",
            "state": {"values": {}},
        }

    def dialog(self, workspace: Workspace, user: str, answer: Json) -> None:
        """What a sent dialog becomes: gone, another, or still there with its errors, which ``answer`` holds."""
        what = answer.get("response_action")
        if what == "errors":
            return
        if what in ("update", "push"):
            wrong = schema.wrong_view(answer["view"], "modal")
            assert not wrong, f"the app answered with a view that Slack refuses: {wrong}"
            workspace.modals[user] = self.keep_view(workspace, answer["view"])
        else:
            del workspace.modals[user]
