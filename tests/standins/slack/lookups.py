"""The methods that say who the app is, and what it may look up and show: channels, people, views."""

from __future__ import annotations

from typing import Any

from tests.standins.slack import schema
from tests.standins.slack.chat import TS, shown
from tests.standins.slack.faults import Refusal
from tests.standins.slack.web_api import Asked, invalid, method
from tests.standins.slack.workspace import Channel, Message, User

Json = dict[str, Any]

_HISTORY = {"channel": "channels:history", "group": "groups:history", "im": "im:history"}
_READ = {"channel": "channels:read", "group": "groups:read", "im": "im:read"}


# Authorisation


@method("auth.test")
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


@method("auth.revoke")
async def _auth_revoke(asked: Asked) -> Json:
    if not asked.yes("test"):
        asked.token.state = "token_revoked"
    return {"revoked": not asked.yes("test")}


@method("oauth.v2.access")
async def _oauth_access(asked: Asked) -> Json:
    given = asked.basic or (asked.text("client_id"), asked.text("client_secret"))
    return asked.slack.oauth.exchange(
        *given, code=str(asked.arguments.get("code", "")), redirect_uri=asked.arguments.get("redirect_uri")
    )


@method("apps.connections.open")
async def _connections_open(asked: Asked) -> Json:
    if asked.token.kind != "app":
        raise Refusal("not_allowed_token_type")
    asked.needs("connections:write")
    return {"url": asked.slack.sockets.new_address()}


# Channels


@method("conversations.open", "im:write")
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


@method("conversations.info")
async def _info(asked: Asked) -> Json:
    channel = asked.channel()
    asked.needs(_READ[channel.kind])
    return {"channel": channel.as_json(for_user=asked.workspace.bot.id)}


@method("conversations.list")
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


@method("conversations.join", "channels:join")
async def _join(asked: Asked) -> Json:
    channel = asked.channel()
    if channel.kind != "channel":
        raise Refusal("method_not_supported_for_channel_type")
    if channel.archived:
        raise Refusal("is_archived")
    if asked.workspace.bot.id not in channel.members:
        channel.members.append(asked.workspace.bot.id)
    return {"channel": channel.as_json(for_user=asked.workspace.bot.id)}


@method("conversations.members")
async def _members(asked: Asked) -> Json:
    channel = asked.channel()
    asked.needs(_READ[channel.kind])
    return _page(asked, "members", channel.members, default=100)


@method("conversations.history")
async def _history(asked: Asked) -> Json:
    channel = _readable(asked)
    messages = [one for one in channel.messages if one.only_for is None and one.thread_ts in (None, one.ts)]
    return _messages(asked, channel, list(reversed(messages)))


@method("conversations.replies")
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
        if value not in ("", "0") and not TS.fullmatch(value):
            raise Refusal(f"invalid_ts_{name}")
    ends = (oldest, latest) if asked.yes("inclusive") else ()
    within = [
        one for one in messages if (float(oldest) < float(one.ts) < float(latest or "inf")) or one.ts in ends
    ]  # fmt: skip
    metadata = asked.yes("include_all_metadata")
    page = _page(asked, "messages", [shown(one, channel, metadata=metadata) for one in within], default=100)
    return {**page, "has_more": bool(page["response_metadata"]["next_cursor"])}


def _page(asked: Asked, name: str, items: list[Any], *, default: int) -> Json:
    start = asked.number("cursor", 0)
    end = start + asked.number("limit", default)
    return {name: items[start:end], "response_metadata": {"next_cursor": str(end) if end < len(items) else ""}}


# People


@method("users.info", "users:read")
async def _user_info(asked: Asked) -> Json:
    user = asked.workspace.users.get(asked.text("user"))
    if user is None:
        raise Refusal("user_not_found")
    return {"user": _user(asked, user)}


@method("users.lookupByEmail", "users:read.email")
async def _lookup(asked: Asked) -> Json:
    email = asked.text("email").lower()
    for user in asked.workspace.users.values():
        if user.email and user.email.lower() == email and not user.deleted:
            return {"user": _user(asked, user)}
    raise Refusal("users_not_found")


def _user(asked: Asked, user: User) -> Json:
    with_email = "users:read.email" in asked.token.scopes
    return user.as_json(with_email=with_email, with_locale=asked.yes("include_locale"))


@method("usergroups.list", "usergroups:read")
async def _groups(asked: Asked) -> Json:
    found = []
    for group in asked.workspace.groups.values():
        shown: Json = {"id": group.id, "team_id": asked.workspace.id, "handle": group.handle, "name": group.handle}
        shown |= {"is_usergroup": True, "user_count": len(group.users), "date_delete": 0}
        found.append({**shown, "users": group.users} if asked.yes("include_users") else shown)
    return {"usergroups": found}


@method("usergroups.users.list", "usergroups:read")
async def _group_users(asked: Asked) -> Json:
    group = asked.workspace.groups.get(asked.text("usergroup"))
    if group is None:
        raise Refusal("no_such_subteam")
    return {"users": group.users}


# Views


def _view(asked: Asked, kind: str) -> Json:
    view = asked.arguments.get("view")
    if wrong := schema.wrong_view(view, kind):
        raise invalid(*wrong)
    assert isinstance(view, dict)
    return asked.slack.answers.keep_view(asked.workspace, view)


@method("views.publish")
async def _publish(asked: Asked) -> Json:
    user = asked.text("user_id")
    if user not in asked.workspace.users:
        raise invalid("invalid `user_id`")
    before = asked.workspace.homes.get(user)
    if asked.arguments.get("hash") and before and before["hash"] != asked.arguments["hash"]:
        raise Refusal("hash_conflict")
    asked.workspace.homes[user] = view = _view(asked, "home")
    return {"view": view}


@method("views.open")
async def _open_view(asked: Asked) -> Json:
    user = asked.slack.use_trigger(asked.text("trigger_id"))
    asked.workspace.modals[user] = view = _view(asked, "modal")
    return {"view": view}
