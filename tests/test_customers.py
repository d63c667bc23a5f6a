"""One customer over several channels: joined when platforms vouch for it or an agent says so, never by a mere claim."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from bot.accounts import SlackAccount
from bot.arrival import Arrival, Sender, arrive
from bot.channel import Place
from bot.customers import alike, join
from bot.db import transaction
from bot.errors import InvalidMessage, NotFound
from tests.world import World


async def _writes(world: World, channel: str, who: str, **more: Any) -> Place:
    async with transaction(world.pool) as connection:
        arrival = Arrival(channel, "shop", f"{who}-{channel}", Sender(f"{who}@{channel}", **more), "1", "Hello")
        return await arrive(connection, world.services, arrival)


async def _customer(world: World, place: Place) -> UUID:
    [row] = await world.rows("select customer_id from conversation where id = %s", place.conversation)
    found: UUID = row["customer_id"]
    return found


async def test_two_platforms_that_vouch_for_one_address_mean_one_customer(world: World) -> None:
    slack = await _writes(world, "slack", "ola", email="Ola@shop.example", verified=True)
    mail = await _writes(world, "email", "ola", email="ola@shop.example", verified=True)
    assert await _customer(world, slack) == await _customer(world, mail)
    assert slack.conversation != mail.conversation


async def test_a_workspace_that_is_no_longer_named_is_believed_no_longer(world: World) -> None:
    """Nobody is joined by its word of before, until it is named again."""
    business = world.services.business

    def name(*teams: str) -> None:
        slack = SlackAccount(account="shop", client_id="ID", client_secret="SECRET", vouched_by=teams)
        channels = business.channels.model_copy(update={"slack": (slack,)})
        world.services = replace(world.services, business=business.model_copy(update={"channels": channels}))

    ola = {"email": "ola@shop.example", "verified": True}
    name("T0000001")
    slack = await _customer(world, await _writes(world, "slack", "T0000001/U1", **ola))
    name("T0000002")
    assert await _customer(world, await _writes(world, "email", "ola", **ola)) != slack
    name("T0000001", "T0000002")
    assert await _customer(world, await _writes(world, "telegram", "ola", **ola)) == slack


async def test_an_address_that_somebody_only_typed_proves_nothing(world: World) -> None:
    """Else whoever names another's address could read their history."""
    slack = await _writes(world, "slack", "ola", email="ola@shop.example", verified=True)
    mail = await _writes(world, "email", "mallory", email="ola@shop.example")
    assert await _customer(world, slack) != await _customer(world, mail)


async def test_an_agent_joins_two_and_the_history_follows(world: World) -> None:
    telegram, mail = await _writes(world, "telegram", "ola"), await _writes(world, "email", "ola")
    one, two = await _customer(world, telegram), await _customer(world, mail)
    await world.rows(
        "update customer set email = 'ola@shop.example', flags = '{was_abusive}' where id = %s returning 1", two
    )
    await world.rows("update customer set name = 'Ola', phone = '+47 912 34 567' where id = %s returning 1", one)
    await world.rows("insert into complaint (case_number, conversation_id, customer_id, episode, cause, text)"
                     " values ('FJ-1', %s, %s, 1, 'complain_late', 'x') returning 1",
                     mail.conversation, two)  # fmt: skip
    async with transaction(world.pool) as connection:
        assert [found["id"] for found in await alike(connection, one, "fj-1")] == [two]
        await join(connection, one, two, actor="agent:1")
    [customer] = await world.rows("select id, name, email, phone, flags from customer")
    assert customer == {
        "id": one, "name": "Ola", "email": "ola@shop.example", "phone": "+47 912 34 567", "flags": ["was_abusive"],
    }  # fmt: skip
    assert {row["customer_id"] for row in await world.rows("select customer_id from complaint")} == {one}
    again = await _writes(world, "email", "ola")
    assert await _customer(world, again) == one


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", True),
        ("ola@SHOP.example", True),
        ("Ola Nordmann", True),
        ("91234567", True),
        ("Ola", False),
        ("9123", False),
    ],
)
async def test_who_may_be_the_same_is_found(world: World, query: str, found: bool) -> None:
    telegram, mail = await _writes(world, "telegram", "ola"), await _writes(world, "email", "ola")
    await world.rows("update customer set name = 'Ola Nordmann', email = 'ola@shop.example', phone = '912 34 567'"
                     " where id = %s returning 1", await _customer(world, mail))  # fmt: skip
    await world.rows(
        "update customer set phone = '91234567' where id = %s returning 1", await _customer(world, telegram)
    )
    async with transaction(world.pool) as connection:
        ids = [one["id"] for one in await alike(connection, await _customer(world, telegram), query)]
    assert ids == ([await _customer(world, mail)] if found else [])


async def test_two_who_join_the_same_at_once(world: World) -> None:
    """Both ways round at the same moment: one is done, the other is told; nothing is lost."""
    telegram, mail = await _writes(world, "telegram", "ola"), await _writes(world, "email", "ola")
    one, two = await _customer(world, telegram), await _customer(world, mail)

    async def do(kept: UUID, other: UUID) -> None:
        async with transaction(world.pool) as connection:
            await join(connection, kept, other, actor="agent:1")

    results = await asyncio.gather(do(one, two), do(two, one), return_exceptions=True)
    assert [type(result) for result in results if result is not None] == [NotFound]
    assert len(await world.rows("select from customer")) == 1
    assert len(await world.rows("select from conversation")) == 2
    with pytest.raises(InvalidMessage):
        await do(one, one)
