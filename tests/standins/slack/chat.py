"""The methods that put something into a channel: messages, reactions and files."""

from __future__ import annotations

import re
from typing import Any

from tests.standins.slack import schema
from tests.standins.slack.faults import Refusal
from tests.standins.slack.web_api import Asked, invalid, method
from tests.standins.slack.workspace import Channel, File, Message, User, new_id, new_ts

Json = dict[str, Any]

# Slack cuts posted texts here without a word; the stand-in refuses them, so that nothing is cut unnoticed.
TEXT_CHARACTERS = 40_000
UPDATED_TEXT_CHARACTERS = 4_000
TS = re.compile(r"\d{10}\.\d{6}")


def _checked_content(asked: Asked, longest: int) -> tuple[str, list[Json]]:
    text = str(asked.arguments.get("text") or "")
    blocks: Any = asked.arguments.get("blocks") or []
    if not (text.strip() or blocks or asked.arguments.get("attachments")):
        raise Refusal("no_text")
    if len(text) > longest:
        raise Refusal("msg_too_long")
    if wrong := schema.wrong_blocks(blocks):
        raise Refusal("invalid_blocks", response_metadata={"messages": [f"[ERROR] {one}" for one in wrong]})
    if schema.characters(blocks) > schema.BLOCKS_CHARACTERS:
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


@method("chat.postMessage", "chat:write")
async def _post_message(asked: Asked) -> Json:
    channel = _where(asked)
    text, blocks = _checked_content(asked, TEXT_CHARACTERS)
    metadata = asked.arguments.get("metadata")
    if metadata and schema.wrong_metadata(metadata):
        raise Refusal("invalid_metadata_schema")
    thread = _thread(asked, channel)
    message = asked.workspace.post(
        Message(
            ts=new_ts(), channel=channel.id, user=_sender(asked), text=text, blocks=blocks, thread_ts=thread,
            metadata=metadata or None,
        )
    )  # fmt: skip
    return {"channel": channel.id, "ts": message.ts, "message": shown(message, channel)}


@method("chat.postEphemeral", "chat:write")
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


@method("chat.update", "chat:write")
async def _update(asked: Asked) -> Json:
    channel = asked.channel()
    message = _own(asked, channel, "cant_update_message")
    text, blocks = _checked_content(asked, UPDATED_TEXT_CHARACTERS)
    if asked.arguments.get("blocks") is None:
        blocks = message.blocks  # only an empty array takes them away
    asked.workspace.edit(message, text, blocks, by=_sender(asked))
    return {"channel": channel.id, "ts": message.ts, "text": text, "message": shown(message, channel)}


@method("chat.delete", "chat:write")
async def _delete(asked: Asked) -> Json:
    channel = asked.channel()
    message = _own(asked, channel, "cant_delete_message")
    asked.workspace.remove(message)
    return {"channel": channel.id, "ts": message.ts}


@method("chat.getPermalink")
async def _permalink(asked: Asked) -> Json:
    channel = asked.channel()
    message = channel.message(asked.text("message_ts"))
    if message is None:
        raise Refusal("message_not_found")
    where = f"archives/{channel.id}/p{message.ts.replace('.', '')}"
    return {"channel": channel.id, "permalink": f"https://{asked.workspace.domain}.slack.com/{where}"}


def shown(message: Message, channel: Channel, *, metadata: bool = False) -> Json:
    """A message as the Web API answers it, the first of a thread with the number of replies."""
    found = message.as_json()
    if message.reactions:
        found["reactions"] = [
            {"name": name, "count": len(users), "users": users} for name, users in message.reactions.items()
        ]
    if replies := [one for one in channel.messages if one.thread_ts == message.ts and one.only_for is None]:
        found |= {"thread_ts": message.ts, "reply_count": len(replies), "latest_reply": replies[-1].ts}
    return {**found, "metadata": message.metadata} if metadata and message.metadata else found


# Reactions


def _reacted(asked: Asked) -> tuple[Message, list[str]]:
    if not (asked.arguments.get("channel") and asked.arguments.get("timestamp")):
        raise Refusal("no_item_specified")
    if not TS.fullmatch(asked.text("timestamp")):
        raise Refusal("bad_timestamp")
    message = asked.channel().message(asked.text("timestamp"))
    if message is None:
        raise Refusal("message_not_found")
    name = str(asked.arguments.get("name") or "")
    if not re.fullmatch(r"[a-z0-9_+'-]+(::skin-tone-[2-6])?", name):
        raise Refusal("invalid_name")
    return message, message.reactions.setdefault(name, [])


@method("reactions.add", "reactions:write")
async def _react(asked: Asked) -> Json:
    _, users = _reacted(asked)
    if _sender(asked).id in users:
        raise Refusal("already_reacted")
    users.append(_sender(asked).id)
    return {}


@method("reactions.remove", "reactions:write")
async def _unreact(asked: Asked) -> Json:
    message, users = _reacted(asked)
    if _sender(asked).id not in users:
        raise Refusal("no_reaction")
    users.remove(_sender(asked).id)
    message.reactions = {name: users for name, users in message.reactions.items() if users}
    return {}


# Files


def _file(asked: Asked, id: str) -> File:
    file = asked.workspace.files.get(id)
    if file is None:
        raise Refusal("file_not_found")
    if file.deleted:
        raise Refusal("file_deleted")
    return file


@method("files.info", "files:read")
async def _file_info(asked: Asked) -> Json:
    return {"file": _file(asked, asked.text("file")).as_json()}


@method("files.getUploadURLExternal", "files:write")
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


@method("files.completeUploadExternal", "files:write")
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
