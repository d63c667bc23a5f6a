"""What updates say, read without network or database."""

from __future__ import annotations

from typing import Any

import pytest
from telegram import Update

from bot.arrival import Pressed
from channels.telegram.incoming import CHANNEL, KINDS, Me, Met, Moved, Pushed, Wrote, parameter, read
from tests.standins.telegram.formatting import entities_in

ME = Me(7, "fjordlys_bot")
KARI = {"id": 5, "is_bot": False, "first_name": "Kari", "language_code": "nb-NO"}
PRIVATE = {"id": 5, "type": "private", "first_name": "Kari"}
GROUP = {"id": -9, "type": "group", "title": "The family"}
FILE = {"file_id": "f", "file_unique_id": "u", "file_size": 3}


def _read(**fields: Any) -> Any:
    return read(Update.de_json({"update_id": 1, **fields}, None), ME, "shop")


def _message(text: str | None = None, *, chat: dict[str, Any] = PRIVATE, **more: Any) -> dict[str, Any]:
    written = {"text": text, "entities": entities_in(text)} if text is not None else {}
    return {"message_id": 3, "date": 1, "chat": chat, "from": KARI, **written, **more}


@pytest.mark.parametrize(
    ("text", "command", "argument"),
    [
        ("hello", None, ""),
        ("/start", "start", ""),
        ("/start order-1007", "start", "order-1007"),
        ("/HELP", "help", ""),
        ("/human@Fjordlys_Bot please", "human", "please"),
        ("/human@other_bot", None, ""),
        ("/language  nb ", "language", "nb"),
        ("/delete_my_data", "delete_my_data", ""),
        ("/unknown", None, ""),
        ("not /help", None, ""),
        ("/", None, ""),
    ],
)
def test_commands(text: str, command: str | None, argument: str) -> None:
    wrote = _read(message=_message(text))
    assert isinstance(wrote, Wrote)
    assert (wrote.command, wrote.argument, wrote.arrival.text) == (command, argument, text)


@pytest.mark.parametrize(
    ("argument", "found"), [("order-1007", "order-1007"), ("a" * 65, None), ("a b", None), ("", None), ("<b>", None)]
)
def test_parameters_of_deep_links(argument: str, found: str | None) -> None:
    assert parameter(argument) == found


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("@fjordlys_bot where is it?", "where is it?"),
        ("🙂🙂🙂 @Fjordlys_bot where is it?", "🙂🙂🙂 where is it?"),
        ("where is it, @fjordlys_bot", "where is it"),
        ("@fjordlys_bot", None),
        ("@fjordlys_bot_2 where is it?", None),
        ("write to me@fjordlys_bot", None),
        ("what shall we eat?", None),
        ("/help", None),
        ("/help@fjordlys_bot", "/help@fjordlys_bot"),
    ],
)
def test_mentions_in_groups(text: str, heard: str | None) -> None:
    wrote = _read(message=_message(text, chat=GROUP))
    assert (wrote and wrote.arrival.text) == heard
    assert wrote is None or not wrote.private


def test_a_person_who_is_named_without_a_user_name_can_be_us() -> None:
    entity = {"type": "text_mention", "offset": 0, "length": 3, "user": {"id": 7, "is_bot": True, "first_name": "Bot"}}
    message = {**_message("Bot where is it?", chat=GROUP), "entities": [entity]}
    assert _read(message=message).arrival.text == "where is it?"


@pytest.mark.parametrize(
    ("content", "name", "media_type"),
    [
        ({"photo": [{**FILE, "width": 9, "height": 6}]}, "photo.jpg", "image/jpeg"),
        ({"voice": {**FILE, "duration": 1}}, "voice.ogg", "audio/ogg"),
        ({"video": {**FILE, "duration": 1, "width": 9, "height": 6, "mime_type": "video/quicktime"}}, "video.mp4",
         "video/quicktime"),
        ({"document": {**FILE, "file_name": "a\0.pdf", "mime_type": "application/pdf\0"}}, "a\0.pdf",
         "application/pdf"),
        ({"video_note": {**FILE, "duration": 1, "length": 9}}, "video.mp4", "video/mp4"),
    ],
)  # fmt: skip
def test_files(content: dict[str, Any], name: str, media_type: str) -> None:
    wrote = _read(message=_message(**content))
    [file] = wrote.arrival.files
    assert (file.name, file.media_type, file.source, file.size) == (name, media_type, {"file_id": "f"}, 3)
    assert (wrote.arrival.text, wrote.arrival.command) == ("", None)


def test_who_wrote() -> None:
    arrival = _read(message=_message("hei")).arrival
    assert (arrival.channel, arrival.account, arrival.key, arrival.external_id) == (CHANNEL, "shop", "5", "5:3")
    assert (arrival.sender.external_id, arrival.sender.name, arrival.sender.language) == ("5", "Kari", "nb")


def test_an_edit_is_told_from_every_other() -> None:
    """Two within a second too; one that shares a moving place says nothing."""
    first, second = (
        read(Update.de_json({"update_id": id, "edited_message": _message("hei", edit_date=2)}, None), ME, "shop")
        for id in (1, 2)
    )
    assert isinstance(first, Wrote) and isinstance(second, Wrote)
    assert first.arrival.edits == second.arrival.edits == "5:3"
    assert first.arrival.external_id != second.arrival.external_id
    assert _read(edited_message=_message(location={"latitude": 1.0, "longitude": 2.0}, edit_date=2)) is None


@pytest.mark.parametrize(
    ("data", "pressed"), [("12:3", Pressed(12, 3)), ("chosen", None), ("", None), ("1:2:3", None), ("9" * 30, None)]
)
def test_buttons(data: str, pressed: Pressed | None) -> None:
    keyboard = {"inline_keyboard": [[{"text": "Yes", "callback_data": data or "x"}]]}
    query = {"id": "q", "from": KARI, "chat_instance": "1", "data": data}
    pushed = _read(callback_query={**query, "message": _message("?", reply_markup=keyboard)})
    assert isinstance(pushed, Pushed)
    assert (pushed.arrival and pushed.arrival.pressed) == pressed
    assert not data or pushed.title == "Yes"


def test_what_happens_to_the_bot_and_its_groups() -> None:
    def status(name: str) -> dict[str, Any]:
        user = {"id": 7, "is_bot": True, "first_name": "Bot"}
        return {"status": name, "user": user, **({"until_date": 0} if name == "kicked" else {})}

    change = {"from": KARI, "date": 1, "old_chat_member": status("member"), "new_chat_member": status("kicked")}
    assert _read(my_chat_member={**change, "chat": PRIVATE}) == Met("5", "The customer has blocked the bot.")
    assert _read(my_chat_member={**change, "chat": GROUP}) == Met("-9", "The bot was removed from the group.")
    back = {**change, "chat": PRIVATE, "new_chat_member": status("member")}
    assert _read(my_chat_member=back) == Met("5", None)
    assert _read(message=_message(chat=GROUP, migrate_to_chat_id=-1009)) == Moved("-9", "-1009")


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"channel_post": _message("news", chat={"id": -8, "type": "channel", "title": "News"})},
        {"message": _message("hello", **{"from": {**KARI, "is_bot": True}})},
        {"message": _message("@fjordlys_bot hello", chat=GROUP, sender_chat=GROUP)},
        {"message": _message(new_chat_title="The old family")},
        {"message": _message("   ")},
        {"of_the_future": {"a": 1}},
    ],
)
def test_what_is_nothing_to_us(fields: dict[str, Any]) -> None:
    assert _read(**fields) is None
    assert set(KINDS) == {"message", "edited_message", "callback_query", "my_chat_member"}
