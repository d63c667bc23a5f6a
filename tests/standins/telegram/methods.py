"""The methods of the Bot API that the stand-in plays."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from . import sending
from .account import Account, Json, Webhook
from .errors import FILE_TOO_BIG, QUERY_TOO_OLD, WEBHOOK_ACTIVE, Refused, bad_request
from .wire import Upload

Files = dict[str, Upload]
Method = Callable[[Account, Json, Files], Awaitable[Any]]

_DOWNLOAD_BYTES = 20_000_000
_PORTS = (80, 88, 443, 8443)
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_COMMANDS = 100
_SECRET = re.compile(r"[A-Za-z0-9_-]*")
_NO_GIFTS = dict.fromkeys(
    ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"), False
)
_ABILITIES = (
    "can_join_groups", "can_read_all_group_messages", "supports_inline_queries", "can_connect_to_business",
    "has_main_web_app", "has_topics_enabled", "allows_users_to_create_topics", "can_manage_bots",
)  # fmt: skip


async def get_updates(bot: Account, asked: Json, _: Files) -> list[Json]:
    """Long polling."""
    if bot.webhook is not None:
        raise Refused(WEBHOOK_ACTIVE)
    _allow(bot, asked)
    if offset := asked.get("offset", 0):
        bot.updates.confirm(offset)
    return await bot.updates.poll(limit=asked.get("limit", 100), seconds=asked.get("timeout", 0))


async def set_webhook(bot: Account, asked: Json, files: Files) -> bool:
    """Updates are posted from now on. Only towards this machine itself any port will do, and plain HTTP."""
    if not asked["url"]:
        return await delete_webhook(bot, asked, files)
    address = urlsplit(asked["url"])
    if address.hostname not in ("127.0.0.1", "localhost"):
        if address.scheme != "https":
            raise Refused(bad_request("bad webhook: An HTTPS URL must be provided for webhook"))
        if (address.port or 443) not in _PORTS:
            raise Refused(bad_request("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443"))
    if not _SECRET.fullmatch(asked.get("secret_token", "")):
        raise Refused(bad_request("secret token contains unallowed characters"))
    _allow(bot, asked)
    if asked.get("drop_pending_updates"):
        bot.updates.drop()
    bot.webhook = Webhook(asked["url"], asked.get("secret_token"))
    bot.last_webhook_error = None
    bot.updates.changed.set()
    return True


async def delete_webhook(bot: Account, asked: Json, _: Files) -> bool:
    """Updates wait for `getUpdates` again."""
    bot.webhook = None
    if asked.get("drop_pending_updates"):
        bot.updates.drop()
    return True


async def get_webhook_info(bot: Account, _: Json, __: Files) -> Json:
    """Where updates go, how many wait, and what went wrong last."""
    info: Json = {
        "url": bot.webhook.url if bot.webhook else "",
        "has_custom_certificate": False,
        "pending_update_count": bot.updates.pending(),
    }
    if bot.updates.allowed:
        info["allowed_updates"] = bot.updates.allowed
    if bot.last_webhook_error:
        info["last_error_date"], info["last_error_message"] = bot.last_webhook_error
    return info


async def get_me(bot: Account, _: Json, __: Files) -> Json:
    """Who the bot is."""
    return {**bot.user, **dict.fromkeys(_ABILITIES, False), "can_join_groups": True}


async def get_chat(bot: Account, asked: Json, _: Files) -> Json:
    """What is known of a chat."""
    chat = bot.open_chat(asked["chat_id"])
    more = {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": _NO_GIFTS}
    return {**chat.info, **more}


async def leave_chat(bot: Account, asked: Json, _: Files) -> bool:
    """The bot leaves a group."""
    chat = bot.open_chat(asked["chat_id"])
    if chat.info["type"] == "private":
        raise Refused(bad_request("chat member status can't be changed in private chats"))
    chat.left = True
    return True


async def send_chat_action(bot: Account, asked: Json, _: Files) -> bool:
    """Typing and its kin."""
    bot.open_chat(asked["chat_id"]).actions.append(asked["action"])
    return True


async def answer_callback_query(bot: Account, asked: Json, _: Files) -> bool:
    """The pressed button stops waiting."""
    press = bot.presses.get(asked["callback_query_id"])
    if press is None:
        raise Refused(QUERY_TOO_OLD)
    press.answer = asked
    return True


async def get_file(bot: Account, asked: Json, _: Files) -> Json:
    """Where a file can be downloaded."""
    stored = bot.file(asked["file_id"])
    if stored.size > _DOWNLOAD_BYTES:
        raise Refused(FILE_TOO_BIG)
    return {**stored.named(), "file_path": stored.path}


async def set_my_commands(bot: Account, asked: Json, _: Files) -> bool:
    """The menu of commands, by scope and language."""
    if len(asked["commands"]) > _COMMANDS:
        raise Refused(bad_request("BOT_COMMANDS_TOO_MUCH"))
    if not all(_COMMAND.fullmatch(one["command"]) for one in asked["commands"]):
        raise Refused(bad_request("BOT_COMMAND_INVALID"))
    bot.settings[_place("commands", asked)] = asked["commands"]
    return True


async def delete_my_commands(bot: Account, asked: Json, _: Files) -> bool:
    """No menu for this scope and language."""
    bot.settings.pop(_place("commands", asked), None)
    return True


async def get_my_commands(bot: Account, asked: Json, _: Files) -> list[Json]:
    """The menu of commands."""
    commands: list[Json] = bot.settings.get(_place("commands", asked), [])
    return commands


async def set_chat_menu_button(bot: Account, asked: Json, _: Files) -> bool:
    """The button beside the text field."""
    bot.settings["menu_button"] = asked.get("menu_button")
    return True


def _setter(name: str) -> Method:
    async def set_text(bot: Account, asked: Json, _: Files) -> bool:
        bot.settings[_place(name, asked)] = asked.get(name, "")
        return True

    return set_text


def _getter(name: str) -> Method:
    async def get_text(bot: Account, asked: Json, _: Files) -> Json:
        return {name: bot.settings.get(_place(name, asked), "")}

    return get_text


def _place(name: str, asked: Json) -> str:
    return json.dumps([name, asked.get("scope", {"type": "default"}), asked.get("language_code", "")])


def _allow(bot: Account, asked: Json) -> None:
    if "allowed_updates" in asked:
        bot.updates.allowed = asked["allowed_updates"] or None


def _with_files(send: Callable[[Account, Json, Files], Any]) -> Method:
    async def run(bot: Account, asked: Json, files: Files) -> Any:
        return send(bot, asked, files)

    return run


def _plain(do: Callable[[Account, Json], Any]) -> Method:
    return _with_files(lambda bot, asked, _: do(bot, asked))


METHODS: dict[str, Method] = {
    "answerCallbackQuery": answer_callback_query,
    "deleteMessage": _plain(sending.delete_message),
    "deleteMyCommands": delete_my_commands,
    "deleteWebhook": delete_webhook,
    "editMessageCaption": _plain(sending.edit_message_caption),
    "editMessageReplyMarkup": _plain(sending.edit_message_reply_markup),
    "editMessageText": _plain(sending.edit_message_text),
    "getChat": get_chat,
    "getFile": get_file,
    "getMe": get_me,
    "getMyCommands": get_my_commands,
    "getMyDescription": _getter("description"),
    "getMyName": _getter("name"),
    "getMyShortDescription": _getter("short_description"),
    "getUpdates": get_updates,
    "getWebhookInfo": get_webhook_info,
    "leaveChat": leave_chat,
    "sendChatAction": send_chat_action,
    "sendDocument": _with_files(sending.send_document),
    "sendMessage": _plain(sending.send_message),
    "sendPhoto": _with_files(sending.send_photo),
    "setChatMenuButton": set_chat_menu_button,
    "setMyCommands": set_my_commands,
    "setMyDescription": _setter("description"),
    "setMyName": _setter("name"),
    "setMyShortDescription": _setter("short_description"),
    "setWebhook": set_webhook,
}
