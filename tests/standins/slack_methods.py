"""What each method of the Web API does, with Slack's documented answers and errors."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

from tests.standins import slack_schema
from tests.standins.slack_faults import Refusal
from tests.standins.slack_web_api import Answer, Asked, invalid
from tests.standins.slack_workspace import Channel, File, Message, User, new_id, new_ts

Json = dict[str, Any]

# Slack cuts posted texts here without a word; the stand-in refuses them, so that nothing is cut unnoticed.
TEXT_CHARACTERS = 40_000
UPDATED_TEXT_CHARACTERS = 4_000
_HISTORY = {"channel": "channels:history", "group": "groups:history", "im": "im:history"}
_READ = {"channel": "channels:read", "group": "groups:read", "im": "im:read"}
_TS = re.compile(r"\d{10}\.\d{6}")

METHODS: dict[str, Answer] = {}
WITHOUT_TOKEN = frozenset({"oauth.v2.access"})

F = TypeVar("F", bound=Answer)


def _method(name: str, *scopes: str) -> Callable[[F], F]:
    """Register a method that needs all of these scopes."""

    def register(answer: F) -> F:
        async def checked(asked: Asked) -> Json:
            for scope in scopes:
                asked.needs(scope)
            return await answer(asked)

        METHODS[name] = checked
        return answer

    return register


# Authorisation


@_method("auth.test")
async def _auth_test(asked: Asked) -> Json:
    workspace = asked.workspace
    user = workspace.users[asked.token.user or workspace.bot.id]
    found = {
        "url": f"https://{workspace.domain}.slack.com/",
        "team": workspace.name,
        "user": user.handle,
        "team_id": workspace.id,
        "user_id": user.id,
        "is_enterprise_install": False,
    }
    return {**found, "bot_id": user.bot_id} if user.bot_id else found


@_method("auth.revoke")
async def _auth_revoke(asked: Asked) -> Json:
    if not asked.yes("test"):
        asked.token.state = "token_revoked"
    return {"revoked": not asked.yes("test")}


@_method("oauth.v2.access")
async def _oauth_access(asked: Asked) -> Json:
    given = asked.basic or (asked.text("client_id"), asked.text("client_secret"))
    return asked.slack.oauth.exchange(
        *given, code=str(asked.arguments.get("code", "")), redirect_uri=asked.arguments.get("redirect_uri")
    )


@_method("apps.connections.open")
async def _connections_open(asked: Asked) -> Json:
    if asked.token.kind != "app":
        raise Refusal("not_allowed_token_type")
    asked.needs("connections:write")
    return {"url": asked.slack.sockets.new_address()}


# Messages


def _checked_content(asked: Asked, longest: int) -> tuple[str, list[Json]]:
    text = str(asked.arguments.get("text") or "")
    blocks: Any = asked.arguments.get("blocks") or []
    if not (text.strip() or blocks or asked.arguments.get("attachments")):
        raise Refusal("no_text")
    if len(text) > longest:
        raise Refusal("msg_too_long")
    if wrong := slack_schema.wrong_blocks(blocks):
        raise Refusal("invalid_blocks", response_metadata={"messages": [f"[ERROR] {one}" for one in wrong]})
    if slack_schema.characters(blocks) > slack_schema.BLOCKS_CHARACTERS:
        raise Refusal("msg_blocks_too_long")
    return text, blocks


def _where(asked: Asked) -> Channel:
    """The channel to post into; a user's id means the direct conversation with them."""
    workspace = asked.workspace
    user = workspace.users.get(str(asked.arguments.get("channel")))
    channel = workspace.direct(user) if user is not None else asked.channel()
    if channel.archived:
        raise Refusal("is_archived")
    if workspace.bot.id not in channel.members:
        if channel.kind != "channel":
            raise Refusal("channel_not_found")
        if "chat:write.public" not in asked.token.scopes:
            raise Refusal("not_in_channel")
    return channel


def _thread(asked: Asked, channel: Channel) -> str | None:
    ts = asked.arguments.get("thread_ts")
    if ts in (None, ""):
        return None
    root = channel.message(str(ts))
    if root is None:
        raise Refusal("thread_not_found")
    if root.thread_ts not in (None, root.ts):
        raise Refusal("cannot_reply_to_message")  # Slack's documentation: the parent's ts, never a reply's
    return root.ts


def _sender(asked: Asked) -> User:
    return asked.workspace.users[asked.token.user or asked.workspace.bot.id]


def _own(asked: Asked, channel: Channel, error: str) -> Message:
    message = channel.message(asked.text("ts"))
    if message is None:
        raise Refusal("message_not_found")
    if message.user is not _sender(asked):
        raise Refusal(error)
    return message


@_method("chat.postMessage", "chat:write")
async def _post_message(asked: Asked) -> Json:
    channel = _where(asked)
    text, blocks = _checked_content(asked, TEXT_CHARACTERS)
    metadata = asked.arguments.get("metadata")
    if metadata and slack_schema.wrong_metadata(metadata):
        raise Refusal("invalid_metadata_schema")
    thread = _thread(asked, channel)
    message = asked.workspace.post(
        Message(
            ts=new_ts(), channel=channel.id, user=_sender(asked), text=text, blocks=blocks, thread_ts=thread,
            metadata=metadata or None,
        )
    )  # fmt: skip
    return {"channel": channel.id, "ts": message.ts, "message": _shown(message, channel)}


@_method("chat.postEphemeral", "chat:write")
async def _post_ephemeral(asked: Asked) -> Json:
    channel = _where(asked)
    text, blocks = _checked_content(asked, TEXT_CHARACTERS)
    user = asked.text("user")
    if user not in channel.members:
        raise Refusal("user_not_in_channel")
    thread = _thread(asked, channel)
    message = asked.workspace.post(
        Message(
            ts=new_ts(), channel=channel.id, user=_sender(asked), text=text, blocks=blocks, thread_ts=thread,
            only_for=user,
        )
    )  # fmt: skip
    return {"message_ts": message.ts}


@_method("chat.update", "chat:write")
async def _update(asked: Asked) -> Json:
    channel = asked.channel()
    message = _own(asked, channel, "cant_update_message")
    text, blocks = _checked_content(asked, UPDATED_TEXT_CHARACTERS)
    asked.workspace.edit(message, text, blocks, by=_sender(asked))
    return {"channel": channel.id, "ts": message.ts, "text": text, "message": _shown(message, channel)}


@_method("chat.delete", "chat:write")
async def _delete(asked: Asked) -> Json:
    channel = asked.channel()
    message = _own(asked, channel, "cant_delete_message")
    asked.workspace.remove(message)
    return {"channel": channel.id, "ts": message.ts}


@_method("chat.getPermalink")
async def _permalink(asked: Asked) -> Json:
    channel = asked.channel()
    message = channel.message(asked.text("message_ts"))
    if message is None:
        raise Refusal("message_not_found")
    where = f"archives/{channel.id}/p{message.ts.replace('.', '')}"
    return {"channel": channel.id, "permalink": f"https://{asked.workspace.domain}.slack.com/{where}"}


def _shown(message: Message, channel: Channel, *, metadata: bool = False) -> Json:
    """A message as the Web API answers it, the first of a thread with the number of replies."""
    found = message.as_json()
    if message.reactions:
        found["reactions"] = [
            {"name": name, "count": len(users), "users": users} for name, users in message.reactions.items()
        ]
    if replies := [one for one in channel.messages if one.thread_ts == message.ts and one.only_for is None]:
        found |= {"thread_ts": message.ts, "reply_count": len(replies), "latest_reply": replies[-1].ts}
    return {**found, "metadata": message.metadata} if metadata and message.metadata else found


# Channels


@_method("conversations.open", "im:write")
async def _open(asked: Asked) -> Json:
    meant = [one for one in str(asked.arguments.get("users") or "").split(",") if one]
    if not meant:
        raise Refusal("users_list_not_supplied")
    if len(meant) > 1:
        raise Refusal("too_many_users")  # group conversations are not stood in for
    user = asked.workspace.users.get(meant[0])
    if user is None:
        raise Refusal("user_not_found")
    if user.deleted:
        raise Refusal("user_disabled")
    channel = asked.workspace.direct(user)
    shown = channel.as_json(for_user=asked.workspace.bot.id) if asked.yes("return_im") else {"id": channel.id}
    return {"channel": shown}


@_method("conversations.info")
async def _info(asked: Asked) -> Json:
    channel = asked.channel()
    asked.needs(_READ[channel.kind])
    return {"channel": channel.as_json(for_user=asked.workspace.bot.id)}


@_method("conversations.list")
async def _list(asked: Asked) -> Json:
    asked.needs(*_READ.values())
    kinds = {"public_channel": "channel", "private_channel": "group", "im": "im"}
    wanted = {kinds.get(kind.strip()) for kind in str(asked.arguments.get("types") or "public_channel").split(",")}
    bot = asked.workspace.bot.id
    found = [
        channel.as_json(for_user=bot)
        for channel in asked.workspace.channels.values()
        if channel.kind in wanted and (channel.kind == "channel" or bot in channel.members)
    ]
    return _page(asked, "channels", found, default=100)


@_method("conversations.join", "channels:join")
async def _join(asked: Asked) -> Json:
    channel = asked.channel()
    if channel.kind != "channel":
        raise Refusal("method_not_supported_for_channel_type")
    if channel.archived:
        raise Refusal("is_archived")
    if asked.workspace.bot.id not in channel.members:
        channel.members.append(asked.workspace.bot.id)
    return {"channel": channel.as_json(for_user=asked.workspace.bot.id)}


@_method("conversations.members")
async def _members(asked: Asked) -> Json:
    channel = asked.channel()
    asked.needs(_READ[channel.kind])
    return _page(asked, "members", channel.members, default=100)


@_method("conversations.history")
async def _history(asked: Asked) -> Json:
    channel = _readable(asked)
    messages = [one for one in channel.messages if one.only_for is None and one.thread_ts in (None, one.ts)]
    return _messages(asked, channel, list(reversed(messages)))


@_method("conversations.replies")
async def _replies(asked: Asked) -> Json:
    channel = _readable(asked)
    ts = asked.text("ts")
    message = channel.message(ts)
    if message is None:
        raise Refusal("thread_not_found")
    thread = channel.thread(message.thread_ts or ts)
    return _messages(asked, channel, [one for one in thread if one.only_for is None])


def _readable(asked: Asked) -> Channel:
    channel = asked.channel()
    asked.needs(_HISTORY[channel.kind])
    if asked.workspace.bot.id not in channel.members:
        raise Refusal("not_in_channel")
    return channel


def _messages(asked: Asked, channel: Channel, messages: list[Message]) -> Json:
    oldest, latest = str(asked.arguments.get("oldest") or "0"), str(asked.arguments.get("latest") or "")
    for name, value in (("oldest", oldest), ("latest", latest)):
        if value not in ("", "0") and not _TS.fullmatch(value):
            raise Refusal(f"invalid_ts_{name}")
    ends = (oldest, latest) if asked.yes("inclusive") else ()
    within = [
        one for one in messages if (float(oldest) < float(one.ts) < float(latest or "inf")) or one.ts in ends
    ]  # fmt: skip
    metadata = asked.yes("include_all_metadata")
    page = _page(asked, "messages", [_shown(one, channel, metadata=metadata) for one in within], default=100)
    return {**page, "has_more": bool(page["response_metadata"]["next_cursor"])}


def _page(asked: Asked, name: str, items: list[Any], *, default: int) -> Json:
    start = asked.number("cursor", 0)
    end = start + asked.number("limit", default)
    return {name: items[start:end], "response_metadata": {"next_cursor": str(end) if end < len(items) else ""}}


# People


@_method("users.info", "users:read")
async def _user_info(asked: Asked) -> Json:
    user = asked.workspace.users.get(asked.text("user"))
    if user is None:
        raise Refusal("user_not_found")
    return {"user": _user(asked, user)}


@_method("users.lookupByEmail", "users:read.email")
async def _lookup(asked: Asked) -> Json:
    email = asked.text("email").lower()
    for user in asked.workspace.users.values():
        if user.email and user.email.lower() == email and not user.deleted:
            return {"user": _user(asked, user)}
    raise Refusal("users_not_found")


def _user(asked: Asked, user: User) -> Json:
    with_email = "users:read.email" in asked.token.scopes
    return user.as_json(with_email=with_email, with_locale=asked.yes("include_locale"))


@_method("usergroups.list", "usergroups:read")
async def _groups(asked: Asked) -> Json:
    found = []
    for group in asked.workspace.groups.values():
        shown: Json = {"id": group.id, "team_id": asked.workspace.id, "handle": group.handle, "name": group.handle}
        shown |= {"is_usergroup": True, "user_count": len(group.users), "date_delete": 0}
        found.append({**shown, "users": group.users} if asked.yes("include_users") else shown)
    return {"usergroups": found}


@_method("usergroups.users.list", "usergroups:read")
async def _group_users(asked: Asked) -> Json:
    group = asked.workspace.groups.get(asked.text("usergroup"))
    if group is None:
        raise Refusal("no_such_subteam")
    return {"users": group.users}


# Reactions


def _reacted(asked: Asked) -> tuple[Message, list[str]]:
    if not (asked.arguments.get("channel") and asked.arguments.get("timestamp")):
        raise Refusal("no_item_specified")
    if not _TS.fullmatch(asked.text("timestamp")):
        raise Refusal("bad_timestamp")
    message = asked.channel().message(asked.text("timestamp"))
    if message is None:
        raise Refusal("message_not_found")
    name = str(asked.arguments.get("name") or "")
    if not re.fullmatch(r"[a-z0-9_+'-]+(::skin-tone-[2-6])?", name):
        raise Refusal("invalid_name")
    return message, message.reactions.setdefault(name, [])


@_method("reactions.add", "reactions:write")
async def _react(asked: Asked) -> Json:
    _, users = _reacted(asked)
    if _sender(asked).id in users:
        raise Refusal("already_reacted")
    users.append(_sender(asked).id)
    return {}


@_method("reactions.remove", "reactions:write")
async def _unreact(asked: Asked) -> Json:
    message, users = _reacted(asked)
    if _sender(asked).id not in users:
        raise Refusal("no_reaction")
    users.remove(_sender(asked).id)
    message.reactions = {name: users for name, users in message.reactions.items() if users}
    return {}


# Views


def _view(asked: Asked, kind: str) -> Json:
    view = asked.arguments.get("view")
    if wrong := slack_schema.wrong_view(view, kind):
        raise invalid(*wrong)
    assert isinstance(view, dict)
    return asked.slack.answers.keep_view(asked.workspace, view)


@_method("views.publish")
async def _publish(asked: Asked) -> Json:
    user = asked.text("user_id")
    if user not in asked.workspace.users:
        raise invalid("invalid `user_id`")
    before = asked.workspace.homes.get(user)
    if asked.arguments.get("hash") and before and before["hash"] != asked.arguments["hash"]:
        raise Refusal("hash_conflict")
    asked.workspace.homes[user] = view = _view(asked, "home")
    return {"view": view}


@_method("views.open")
async def _open_view(asked: Asked) -> Json:
    user = asked.slack.use_trigger(asked.text("trigger_id"))
    asked.workspace.modals[user] = view = _view(asked, "modal")
    return {"view": view}


# Files


def _file(asked: Asked, id: str) -> File:
    file = asked.workspace.files.get(id)
    if file is None:
        raise Refusal("file_not_found")
    if file.deleted:
        raise Refusal("file_deleted")
    return file


@_method("files.info", "files:read")
async def _file_info(asked: Asked) -> Json:
    return {"file": _file(asked, asked.text("file")).as_json()}


@_method("files.getUploadURLExternal", "files:write")
async def _upload_address(asked: Asked) -> Json:
    name, length = asked.text("filename"), asked.number("length", 0)
    if length == 0:
        raise invalid("length must be more than 0")
    file = File(
        id=new_id("F"), team=asked.workspace.id, name=name, mimetype="application/octet-stream", content=b"",
        user=_sender(asked).id, address=asked.slack.url,
    )  # fmt: skip
    address = asked.slack.uploads.expect(file, length)
    return {"upload_url": address, "file_id": file.id}


@_method("files.completeUploadExternal", "files:write")
async def _complete_upload(asked: Asked) -> Json:
    wanted: list[Json] = asked.arguments.get("files") or []
    channel = None
    if asked.arguments.get("channel_id"):
        asked.arguments["channel"] = asked.arguments["channel_id"]
        channel = _where(asked)
    thread = _thread(asked, channel) if channel is not None else None
    files = [asked.slack.uploads.take(str(one.get("id"))) for one in wanted]
    for file, given in zip(files, wanted, strict=True):
        file.title = given.get("title")
        asked.workspace.files[file.id] = file
    if channel is not None:
        for file in files:
            file.channels.append(channel.id)
        text = str(asked.arguments.get("initial_comment") or "")
        asked.workspace.post(
            Message(
                ts=new_ts(), channel=channel.id, user=_sender(asked), text=text, thread_ts=thread, files=files
            )
        )  # fmt: skip
    return {"files": [{"id": file.id, "title": file.title} for file in files]}
