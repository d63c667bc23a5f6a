"""Draws up a conversation's summary from the database and keeps it there (P27)."""

from __future__ import annotations

from bot.business import Business
from bot.conversation import Conversation
from bot.db import Connection, queries, to_json
from bot.summary import Said, Story, summarise

_SQL = queries("summary")


async def refresh(connection: Connection, conversation: Conversation, business: Business) -> None:
    """Draw up the summary anew from all that is stored by this transaction."""
    story = await _story(connection, conversation, business)
    lines = [line.to_json() for line in summarise(story)]
    values = {"id": conversation.id, "episode": conversation.episode, "lines": to_json(lines)}
    await connection.execute(_SQL["save"], values)


async def _story(connection: Connection, conversation: Conversation, business: Business) -> Story:
    key = {
        "id": conversation.id,
        "episode": conversation.episode,
        "customer_id": conversation.customer_id,
        "language": conversation.language,
    }
    messages = [Said(**row) for row in await (await connection.execute(_SQL["messages"], key)).fetchall()]
    customer = await (await connection.execute(_SQL["customer"], key)).fetchone()
    complaints = await (await connection.execute(_SQL["complaints"], key)).fetchall()
    promises = await (await connection.execute(_SQL["promises"], key)).fetchall()
    reason = await (await connection.execute(_SQL["reason"], key)).fetchone()
    sent = [said.article for said in messages if said.article]
    titles = await (await connection.execute(_SQL["titles"], {**key, "ids": sent})).fetchall()
    names = dict(business.causes)
    names |= {remedy.id: remedy.name for remedy in business.remedies}
    names |= {product.id: product.name for product in business.products}
    return Story(
        messages=messages,
        customer=customer or {},
        channel=conversation.channel,
        unverified=conversation.unverified,
        language=conversation.language,
        slots=conversation.slots,
        reason=reason["reason"] if reason else None,
        complaints=complaints,
        promises=[{**promise, "due_at": promise["due_at"].astimezone(business.zone)} for promise in promises],
        earlier_episodes=conversation.episode - 1,
        articles={row["id"]: row["title"] for row in titles},
        names=names,
    )
