"""Whether a message arrived although Telegram's answer to it did not.

Telegram can look nothing up. But it numbers the messages of a bot one after the other, those of customers too, over
all private chats and small groups together, and within each supergroup. So what was sent last has one of the next
numbers after those that were known before it was written. Each that nobody knows is tried by giving it the keyboard
that it should have: "not modified" says that it is ours, in this chat, and the one.

Its limits: numbers of messages that we never got, in groups or with other programs that use the bot, have to be
tried as well, and after `MOST` we give up. A message that did arrive is then sent twice, which is better than never.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from telegram import Bot
from telegram.error import BadRequest, RetryAfter

from bot.channel import Part, Place
from bot.db import Pool, queries, transaction
from channels.telegram.errors import no_chat, not_modified, seconds
from channels.telegram.sending import markup

MOST = 24
"""Numbers that are tried for one message."""

_BEYOND = 4  # numbers above all known ones: what came in meanwhile may not be stored yet
_LONGEST_WAIT_SECONDS = 30.0

_SQL = queries("telegram")


class Uncertain(Exception):
    """It cannot be told now whether the message arrived."""


async def find(bot: Bot, pool: Pool, place: Place, part: Part) -> str | None:
    """The number of a part that was sent; None when it did not arrive, or it is among too many.

    Raises `Uncertain` or an error of the library's when Telegram could not be asked: nothing is known then.
    """
    for number in await _candidates(pool, place, part):
        if await _is_it(bot, place, part, number):
            return str(number)
    return None


async def _candidates(pool: Pool, place: Place, part: Part) -> Sequence[int]:
    alone = place.key.startswith("-100")  # a supergroup counts for itself
    async with transaction(pool) as connection:
        key = {"id": place.conversation, "seq": part["seq"]}
        written = await (await connection.execute(_SQL["written"], key)).fetchone()
        if written is None:
            return ()
        values = {"account": place.account, "key": place.key if alone else None, "at": written["at"]}
        rows = await (await connection.execute(_SQL["known"], values)).fetchall()
    return unknown_after(rows)


def unknown_after(rows: Iterable[Mapping[str, Any]]) -> Sequence[int]:
    """The numbers to try, likeliest first, given the known ones: ``number``, and whether it was there ``before``."""
    known = {row["number"] for row in rows}
    earlier = [row["number"] for row in rows if row["before"]]
    if not earlier:
        return ()
    first, last = max(earlier) + 1, max(known) + _BEYOND
    return [number for number in range(first, last + 1) if number not in known][:MOST]


async def _is_it(bot: Bot, place: Place, part: Part, number: int) -> bool:
    try:
        await bot.edit_message_reply_markup(chat_id=place.key, message_id=number, reply_markup=markup(part))
    except BadRequest as error:
        if no_chat(error):
            raise
        return not_modified(error)
    except RetryAfter as error:
        if seconds(error) > _LONGEST_WAIT_SECONDS:
            raise Uncertain from error
        await asyncio.sleep(seconds(error))
        return await _is_it(bot, place, part, number)
    return True  # its choice was shown already; only ours can be changed
