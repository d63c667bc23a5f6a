"""What the desk shows: plain reads, shaped as the contract has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from bot.business import Business
from bot.conversation import Actor
from bot.db import Connection, queries
from bot.errors import NotFound
from bot.reasons import REASONS, reason_text

_SQL = queries("desk")

_MOST_LISTED = 200


async def conversations(
    connection: Connection, business: Business, *, state: str, leads: bool = False
) -> list[dict[str, Any]]:
    """At most 200 conversations in a state, the most urgent first.

    Who ``leads`` finds above those that wait the ones in which an agent was threatened meanwhile (P13).
    """
    states = [("agent", True), (state, False)] if leads and state == "waiting" else [(state, False)]
    found: list[dict[str, Any]] = []
    for one, alarms in states:
        key = {"id": None, "state": one, "alarms": alarms, "limit": _MOST_LISTED - len(found)}
        rows = await (await connection.execute(_SQL["list"], key)).fetchall()
        found += [_brief(row, business) for row in rows]
    return found


async def conversation(connection: Connection, business: Business, id: UUID) -> dict[str, Any]:
    """One conversation whole: transcript, customer, summary. Raises `NotFound`."""
    key = {"id": id, "state": None, "alarms": False, "limit": 1}
    row = await (await connection.execute(_SQL["list"], key)).fetchone()
    if row is None:
        raise NotFound("There is no such conversation.")
    messages = await (await connection.execute(_SQL["messages"], {"id": id, "after": 0})).fetchall()
    return {
        "conversation": {**_brief(row, business), "handoff": _handoff(row, business)},
        "messages": [_message(message, id) for message in messages],
        "customer": await _customer(connection, business, row["customer_id"]),
        "summary": await _summary(connection, row),
        "promises": await _promises(connection, id),
    }


async def promises(connection: Connection, agent: Actor) -> dict[str, Any]:
    """At most 200 promises that are not kept yet, the one due first on top, and whether there are ``more`` (P19).

    Who leads sees everybody's; others the bot's, their own, and those made in conversations that they have.
    """
    key = {"all": agent.leads, "agent_id": agent.id, "limit": _MOST_LISTED + 1}
    rows = await (await connection.execute(_SQL["open_promises"], key)).fetchall()
    return {
        "promises": [
            {
                **{name: row[name] for name in ("id", "text", "case_number", "order_number", "by", "agent_id")},
                "conversation": str(row["conversation_id"]),
                "customer": {"id": str(row["customer_id"]), "name": row["customer_name"]},
                "due_at": row["due_at"].isoformat(),
            }
            for row in rows[:_MOST_LISTED]
        ],
        "more": len(rows) > _MOST_LISTED,
    }


def _brief(row: Mapping[str, Any], business: Business) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "state": row["state"],
        "channel": row["channel"],
        "account": row["account"],
        "unverified": row["unverified"],
        "address": row["address"],
        "unreachable": row["gone"],
        "language": row["language"],
        "customer": {"id": str(row["customer_id"]), "name": row["customer_name"]},
        "reason": row["reason"],
        "reason_text": reason_text(row),
        "urgency": row["urgency"] or 0,
        "routed_to": row["routed_to"] or "agent",
        "alarm": row["alarm"],
        "waiting_since": row["handoff_at"].isoformat() if row["handoff_at"] else None,
        "owner": {"id": row["owner_id"], "name": row["owner_name"]} if row["owner_id"] else None,
        "mood": row["mood"] or {"kind": "calm", "strength": 0},
        "heat": round(row["heat"], 3),
        "preview": row["preview"] or "",
        "last_at": row["last_at"].isoformat(),
        "handoff": row["handoff_id"],
        "epoch": row["epoch"],
        "episode": row["episode"],
    }


def _handoff(row: Mapping[str, Any], business: Business) -> dict[str, Any] | None:
    if row["handoff_id"] is None:
        return None
    return {
        "id": row["handoff_id"],
        "reason": row["reason"],
        "reason_text": reason_text(row),
        "rule": row["rule"],
        "numbers": row["numbers"],
        "routed_to": row["routed_to"],
        "at": row["handoff_at"].isoformat(),
    }


def _message(row: Mapping[str, Any], conversation: UUID) -> dict[str, Any]:
    delivery = {"status": row["delivery"], "problem": row["problem"], "tries": row["tries"]}
    return {
        "seq": row["seq"],
        "author": row["author"],
        "agent": {"id": row["agent_id"], "name": row["agent_name"]} if row["agent_id"] else None,
        "text": row["text"],
        "buttons": row["buttons"],
        "at": row["at"].isoformat(),
        "mood": row["mood"],
        "intent": row["intent"],
        "article": row["article"],
        "edits": row["edits"],
        "deleted": row["deleted"],
        "delivery": delivery if row["delivery"] else None,
        "files": [{**file, "url": _url(conversation, file)} for file in row["files"]],
    }


def _url(conversation: UUID, file: Mapping[str, Any]) -> str | None:
    return f"/desk/api/conversations/{conversation}/files/{file['id']}" if file["status"] == "stored" else None


async def _customer(connection: Connection, business: Business, id: UUID) -> dict[str, Any]:
    key = {"customer_id": id}
    customer = await (await connection.execute(_SQL["customer"], key)).fetchone()
    history = await (await connection.execute(_SQL["history"], key)).fetchall()
    complaints = await (await connection.execute(_SQL["complaints"], key)).fetchall()
    assert customer is not None
    return {
        **{name: customer[name] for name in ("name", "email", "phone", "language", "flags")},
        "id": str(customer["id"]),
        "since": customer["created_at"].isoformat(),
        "history": [
            {
                "conversation": str(row["conversation_id"]),
                "episode": row["episode"],
                "at": row["at"].isoformat(),
                "state": "closed",
                "reason_text": REASONS.get(row["reason"] or ""),
                "outcome": row["outcome"],
                "case_number": row["case_number"],
            }
            for row in history
        ],
        "complaints": [_complaint(row, business) for row in complaints],
    }


def _complaint(row: Mapping[str, Any], business: Business) -> dict[str, Any]:
    remedies = {remedy.id: remedy.name for remedy in business.remedies}
    products = {product.id: product.name for product in business.products}
    return {
        **{name: row[name] for name in ("case_number", "order_number", "status")},
        "cause": business.causes.get(row["cause"], row["cause"]),
        "product": products.get(row["product"], row["product"]),
        "wanted_remedy": remedies.get(row["wanted_remedy"], row["wanted_remedy"]),
        "chosen_remedy": remedies.get(row["chosen_remedy"], row["chosen_remedy"]),
        "at": row["at"].isoformat(),
    }


async def _promises(connection: Connection, id: UUID) -> list[dict[str, Any]]:
    rows = await (await connection.execute(_SQL["promises"], {"id": id})).fetchall()
    return [
        {
            **{name: row[name] for name in ("id", "text", "case_number", "by", "agent_id")},
            "due_at": row["due_at"].isoformat(),
            "kept": row["kept_at"] is not None,
        }
        for row in rows
    ]


async def _summary(connection: Connection, conversation: Mapping[str, Any]) -> dict[str, Any] | None:
    row = await (await connection.execute(_SQL["summary"], {"id": conversation["id"]})).fetchone()
    if row is None or row["episode"] != conversation["episode"]:
        return None
    lines = []
    for line in row["lines"]:
        edit = row["edits"].get(line["topic"])
        lines.append({**line, "text": edit["text"], "edited_by": edit["by"]} if edit else {**line, "edited_by": None})
    return {"lines": lines, "updated_at": row["updated_at"].isoformat()}
