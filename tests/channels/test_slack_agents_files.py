"""Files that agents attach below a card reach the customer, or it is said why not; those of others stay internal."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from bot.channel import Never, Outgoing, Part
from channels.web import chat
from tests.channels.slack_office import Office, line_of
from tests.standins.slack.workspace import Message
from tests.world import Platform

PNG = b"\x89PNG\r\n\x1a\n and so on"


class Post(Platform):
    """A platform that takes files."""

    def parts(self, message: Outgoing) -> Sequence[Part]:
        """The text, then the files."""
        files = [{"text": f"<{file.name} {file.size}>", "id": f"{message.id}/{file.name}"} for file in message.files]
        return [*(super().parts(message) if message.text else ()), *files]


def ticked(message: Message) -> Any:
    """Whether a message has its tick, and nothing else."""
    return lambda lines: line_of(lines, message.ts).reactions == ("white_check_mark",)


@asynccontextmanager
async def website(place: Office) -> AsyncIterator[Any]:
    """What a visitor reads."""
    app = FastAPI()
    app.state.services = place.services
    app.include_router(chat.router)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop.example") as http:

        async def read(conversation: UUID) -> list[dict[str, Any]]:
            token = secrets.token_hex()
            await place.rows(
                "insert into visitor values (%s, %s, now() + interval '1 day') returning 1",
                sha256(token.encode()).digest(), conversation,
            )  # fmt: skip
            answer = await http.get("/chat/messages", headers={"authorization": f"Bearer {token}"})
            found: list[dict[str, Any]] = answer.raise_for_status().json()["messages"]
            return found

        yield read


async def test_files_go_with_the_words_and_in_order(place: Office) -> None:
    """What is written meanwhile does not overtake a file; the tick comes when the customer has all of it."""
    post = Post()
    async with place.open(post):
        ana, _, card = await place.taken_over("ola")
        place.slack.events.copies = 2
        place.slack.uploads.failing = [503]
        bill = await ana.shares("bill.pdf", b"%PDF-1.7 the bill", text="Your bill & more", to=card)
        await place.until("select from message where text = 'Your bill & more'")
        after = await ana.writes("Anything else?", to=card)
        photo = await ana.shares("lamp.png", PNG, mimetype="image/png", to=card)
        for message in (bill, after, photo):
            await ana.sees(ticked(message), at=card)
    said = [text for key, text in post.arrived if key == "ola"]
    assert said[-4:] == ["Your bill & more", "<bill.pdf 17>", "Anything else?", f"<lamp.png {len(PNG)}>"]
    assert not [one for one in place.support.thread(card.ts) if one.user.bot_id and one.files], "it is there already"


async def test_a_visitor_of_the_website_gets_them_in_order_too(place: Office) -> None:
    """There written is sent: what has to be fetched first, and all that agents write after it, is shown when it is
    here; what they write themselves is there at once.
    """
    async with place.open(), website(place) as read:
        ana, kari, card = await place.taken_over()
        place.slack.uploads.failing = [503] * 100
        bill = await ana.shares("bill.pdf", b"%PDF-1.7 the bill", text="Your bill", to=card)
        await place.until("select from message where text = 'Your bill'")
        await ana.writes("Anything else?", to=card)
        await place.until("select from message where text = 'Anything else?'")
        await place.says(kari, "Are you there?", "customer")
        assert [one["text"] for one in await read(kari)][-2:] == ["You are talking with Ana now.", "Are you there?"]
        assert not ticked(bill)(await ana.reads(card))
        place.slack.uploads.failing.clear()
        await ana.sees(ticked(bill), at=card)
        found = await read(kari)
    assert [(one["text"], [file["name"] for file in one.get("files", ())]) for one in found][-3:] == [
        ("Your bill", ["bill.pdf"]), ("Anything else?", []), ("Are you there?", []),
    ]  # fmt: skip


@pytest.mark.parametrize("key", ["ola", None], ids=["elsewhere", "on the website"])
async def test_what_may_not_go_is_said_and_the_words_go_all_the_same(place: Office, key: str | None) -> None:
    """Too large, of a kind that we do not take, or not what it says: a warning with the reason and what to do."""
    post = Post()
    async with place.open(post), website(place) as read:
        ana, customer, card = await place.taken_over(key)
        program = await ana.shares("lamp.exe", b"MZ program", mimetype="application/octet-stream", text="Try", to=card)
        lines = await ana.sees("lamp.exe: This is a program.", at=card)
        assert line_of(lines, program.ts).reactions == ("warning",)
        assert "The rest was delivered. Attach it again in a form that we take, or send it at the desk." in str(lines)
        liar = await ana.shares("bill.pdf", b"<html>sign in</html>", to=card)
        lines = await ana.sees("bill.pdf” says that it is", at=card)
        large = await ana.shares("film.pdf", b"%PDF" + b"0" * 20_000_000, to=card)
        await ana.sees("film.pdf: This file is larger than 20 MB.", at=card)
        last = await ana.writes("Sorry", to=card)
        lines = await ana.sees(ticked(last), at=card)
        assert [line_of(lines, one.ts).reactions for one in (liar, large)] == [("warning",)] * 2
        assert sum("does not get this file" in one.text for one in lines) == 3
        said = [one["text"] for one in await read(customer)]
    assert said[-2:] == ["Try", "Sorry"]
    if key is not None:
        assert [text for where, text in post.arrived if where == key][-2:] == ["Try", "Sorry"]


async def test_what_is_tried_again_takes_its_files_along(place: Office) -> None:
    """Retry below a message that was not delivered sends all of it."""
    post = Post()
    async with place.open(post):
        ana, _, card = await place.taken_over("ola")
        await place.until("select from delivery d join place p on p.id = d.place_id"
                          " where p.audience = 'customer' and d.status = 'sent'")  # fmt: skip
        post.trouble = [Never("Telegram refuses this.")]
        bill = await ana.shares("bill.pdf", b"%PDF-1.7 the bill", text="Your bill", to=card)
        await ana.sees("Telegram refuses this.", at=card)
        await ana.presses("Retry", at=card)
        await ana.sees(ticked(bill), at=card)
    assert [text for _, text in post.arrived][-2:] == ["Your bill", "<bill.pdf 17>"]


async def test_files_of_others_and_of_notes_stay_internal(place: Office) -> None:
    """Only what the owner attaches to a reply goes to the customer."""
    post = Post()
    async with place.open(post):
        bo = await place.agent("Bo")
        ana, customer, card = await place.taken_over("ola")
        await bo.shares("bo.pdf", b"%PDF-1.7 of a colleague", text="Look at this", to=card)
        await ana.shares("note.pdf", b"%PDF-1.7 internal", text="note: keep this", to=card)
        await bo.shares("bare.pdf", b"%PDF-1.7 without a word", to=card)
        await place.until("select from message where text = 'keep this'")
        await place.until("select from message where text = 'Look at this'")
        await ana.presses("Hand back", at=card)
        await place.card(ana, "The bot has it again")
        await ana.shares("late.pdf", b"%PDF-1.7 too late", to=card)
        await ana.sees("Take over first. This stayed internal.", at=card)
    assert await place.rows("select from attachment") == []
    assert [one for one in await place.said(customer) if one[0] == "note"] == [
        *sorted([("note", "Look at this"), ("note", "keep this")], key=(await place.said(customer)).index)
    ]
