"""A customer on another platform, as its adapter and the courier leave them in the database."""

from __future__ import annotations

import io
import json
from typing import Any, cast

import psycopg
from PIL import Image, ImageDraw

from bot.conversation import WEBSITE
from tests.scenarios.stack import Agent, Stack


class Elsewhere:
    """A conversation on Telegram: what arrived there and what became of what was sent."""

    def __init__(self, stack: Stack, *texts: str) -> None:
        self._stack = stack
        self._customer = stack.customer()
        self.conversation = self._customer.conversation
        for text in texts:
            self._customer.post(text)
        self.run("update conversation set channel = 'telegram' where id = %s", self.conversation)
        self.run("update message set channel = 'telegram' where conversation_id = %s and channel = %s",
                 self.conversation, WEBSITE)  # fmt: skip
        self.run("insert into place (channel, account, key, conversation_id) values ('telegram', 'shop', %s, %s)",
                 self.conversation, self.conversation)  # fmt: skip

    def run(self, query: str, *values: Any) -> Any:
        """The first column of the first row, if there is one."""
        with psycopg.connect(self._stack.database) as connection:
            cursor = connection.execute(cast(Any, query), values)
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None

    def writes(self, text: str, *, edits: int | None = None) -> int:
        """One more message; its number."""
        seq = self._customer.post(text)
        self.run("update message set edits = %s where conversation_id = %s and seq = %s",
                 edits, self.conversation, seq)  # fmt: skip
        return seq

    def sends_file(self, seq: int, name: str, media_type: str, data: bytes | None, problem: str | None = None) -> None:
        """A file of a message: stored with data, refused with a problem, else still to be fetched."""
        status = "stored" if data else "refused" if problem else "waiting"
        self.run(
            "insert into attachment (conversation_id, seq, ordinal, name, media_type, size, status, problem, data)"
            " select %s, %s, count(*), %s, %s, %s, %s, %s, %s from attachment where conversation_id = %s and seq = %s",
            self.conversation, seq, name, media_type, len(data) if data else None, status, problem, data,
            self.conversation, seq,
        )  # fmt: skip

    def has_come(self, status: str, problem: str | None = None, *, seq: int | None = None) -> None:
        """How far a message to them is, the last one by default."""
        self.run(
            "update delivery set status = %s, problem = %s, tries = 1 where conversation_id = %s"
            " and seq = coalesce(%s::bigint, (select max(seq) from delivery where conversation_id = %s))",
            status, problem, self.conversation, seq, self.conversation,
        )  # fmt: skip
        self.tell("delivered" if status == "sent" else "undeliverable")

    def tell(self, kind: str) -> None:
        """Let the desk know that something changed."""
        self.run("insert into event (conversation_id, kind, actor, data) values (%s, %s, 'system', '{}')",
                 self.conversation, kind)  # fmt: skip
        self.run("select pg_notify('warmline', %s)", json.dumps([self.conversation, None]))

    def owned_by(self, agent: Agent) -> Elsewhere:
        """With this agent from now on."""
        assert agent.do(self.conversation, "claim").status_code == 200
        return self


def photo(width: int = 640, height: int = 420, *, form: str = "PNG") -> bytes:
    """A picture with something in it."""
    image = Image.new("RGB", (width, height), (196, 208, 214))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, height * 0.72, width, height), fill=(150, 120, 92))
    draw.polygon([(width * 0.5, height * 0.15), (width * 0.36, height * 0.42), (width * 0.64, height * 0.42)],
                 fill=(240, 196, 84))  # fmt: skip
    draw.line((width * 0.5, height * 0.42, width * 0.5, height * 0.72), fill=(60, 60, 60), width=8)
    held = io.BytesIO()
    image.save(held, form)
    return held.getvalue()
