"""The desk over HTTP: what agents see and do. Every change needs the session's CSRF secret."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Cookie, Depends, Header, Query, Request, Response
from pydantic import AfterValidator, Field, model_validator

from bot import agents, customers, handling, linking, live
from bot import conversation as conversations
from bot.agents import Session, Status
from bot.canned import load_canned
from bot.conversation import Outcome
from bot.db import queries, transaction
from bot.errors import NotFound
from bot.files import MOST_AT_ONCE, endings
from bot.http import Body, CleanText, ClientId, StorableText, clean
from bot.services import Needs, Services
from bot.tone import findings
from desk import views

router = APIRouter(prefix="/desk", tags=["Desk"])

COOKIE = "warmline_desk"

_SQL = queries("desk")
_SUMMARY = queries("summary")
_CONVERSATION = queries("conversation")


Words = Annotated[str, AfterValidator(clean)]  # if there are none, the core says what is missing


class Nothing(Body):
    """An empty object."""


class Credentials(Body):
    """Who logs in."""

    name: StorableText = Field(max_length=200, examples=["admin"])
    password: str = Field(max_length=1000)


class StatusChange(Body):
    """On duty or not."""

    status: Status


class Reply(Body):
    """A message to the customer, safe to repeat with the same ``client_id``; ``files`` are ids of uploads."""

    client_id: ClientId
    text: Words = ""
    files: list[Annotated[UUID, Field(strict=False)]] = Field(default=[], max_length=MOST_AT_ONCE)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.text and not self.files:
            raise ValueError("write something, or attach a file")
        return self


class Note(Body):
    """A note among agents, safe to repeat with the same ``client_id``."""

    client_id: ClientId
    text: CleanText


Seen = Annotated[int | None, Field(description="The newest message on the screen; 409 if the customer wrote since")]


class HandBack(Body):
    """Back to the bot, with a note for whoever comes next."""

    seen: Seen = None
    note: str | None = Field(default=None, max_length=4000)


class Closing(HandBack):
    """How it ended."""

    outcome: Outcome


class Transfer(Body):
    """To whom it goes, an agent's id or ``leads``, with a note for them."""

    to: int | Literal["leads"]
    note: Words


class Promise(Body):
    """What will be done, and by when."""

    text: Words
    due_at: datetime = Field(
        strict=False,
        description="In the business's time zone unless it names another",
        examples=["2026-12-01T12:00", "2026-12-01T12:00:00+01:00"],
    )


class SummaryEdit(Body):
    """An agent's words for one line of the summary."""

    topic: StorableText = Field(max_length=40)
    text: CleanText


class CustomerEdit(Body):
    """Corrections; an empty text clears."""

    name: str | None = Field(default=None, max_length=200)
    email: str | None = Field(default=None, max_length=320)
    phone: str | None = Field(default=None, max_length=40)


class Joining(Body):
    """Somebody who turned out to be the same customer."""

    other: UUID = Field(strict=False)


class Draft(Body):
    """A draft whose tone is to be checked."""

    text: str = Field(max_length=4000)
    language: str = Field(default="", description="Of the conversation; the first one served by default")


async def logged_in(needs: Needs, warmline_desk: Annotated[str | None, Cookie()] = None) -> Session:
    """The session of the cookie. Raises `Unauthorized`."""
    return await agents.session(needs.pool, warmline_desk)


Viewer = Annotated[Session, Depends(logged_in)]


async def changing(session: Viewer, x_csrf_token: Annotated[str | None, Header()] = None) -> Session:
    """The session, once the request has proved that our page made it."""
    agents.check_csrf(session, x_csrf_token)
    return session


Changer = Annotated[Session, Depends(changing)]
Language = Annotated[str, Query(description="Of the conversation; the first one served by default")]


@router.post("/login")
async def log_in(needs: Needs, request: Request, response: Response, body: Credentials) -> dict[str, Any]:
    """Log in; the session cookie lasts a shift."""
    address = request.client.host if request.client else "unknown"
    token, session = await agents.log_in(needs.pool, body.name, body.password, address=address)
    response.set_cookie(
        COOKIE, token,
        max_age=agents.SESSION_HOURS * 3600, path="/desk",
        httponly=True, samesite="strict", secure=request.url.scheme == "https",
    )  # fmt: skip
    return _me(needs, session)


@router.post("/logout", status_code=204)
async def log_out(needs: Needs, session: Changer, request: Request) -> Response:
    """Log out; the agent is away from then on."""
    await agents.log_out(needs.pool, request.cookies[COOKIE])
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, path="/desk")
    return response


@router.get("/api/me")
async def me(needs: Needs, session: Viewer) -> dict[str, Any]:
    """Who is logged in, and which files they may send."""
    return _me(needs, session)


@router.post("/api/me/status")
async def set_status(needs: Needs, session: Changer, body: StatusChange) -> dict[str, Any]:
    """On duty or not."""
    await agents.set_status(needs.pool, session.agent, body.status)
    return _me(needs, Session(session.agent, body.status, session.csrf))


@router.get("/api/me/link")
async def link(needs: Needs, session: Viewer) -> dict[str, Any]:
    """Whether Slack knows the agent: by a code, by their e-mail address, or not yet."""
    async with transaction(needs.pool) as connection:
        return {"linked_by": await linking.linked_by(connection, session.agent)}


@router.post("/api/me/link-code", status_code=201)
async def link_code(needs: Needs, session: Changer, body: Nothing | None = None) -> dict[str, Any]:
    """A code with which the agent says on another platform who they are: `/warmline link CODE` in Slack."""
    async with transaction(needs.pool) as connection:
        return {"code": await linking.new_code(connection, session.agent), "minutes": linking.CODE_MINUTES}


@router.get("/api/agents")
async def list_agents(needs: Needs, session: Viewer) -> dict[str, Any]:
    """Colleagues, those who are there first."""
    async with transaction(needs.pool) as connection:
        found = await agents.colleagues(connection)
    return {
        "agents": [
            {"id": one.agent.id, "name": one.agent.name, "role": one.agent.role, "here": one.here} for one in found
        ]
    }


@router.get("/api/conversations")
async def list_conversations(
    needs: Needs, session: Viewer, state: Literal["waiting", "agent", "bot", "closed"] = "waiting"
) -> dict[str, Any]:
    """Conversations in a state, the most urgent and longest waiting first.

    For leads those with an `alarm` come before all that wait: a threat while an agent has the conversation.
    """
    leads = session.agent.leads
    async with transaction(needs.pool) as connection:
        return {"conversations": await views.conversations(connection, needs.business, state=state, leads=leads)}


@router.get("/api/promises")
async def list_promises(needs: Needs, session: Viewer) -> dict[str, Any]:
    """What was promised and is not kept yet, the one due first on top (P19).

    For leads everybody's; for agents the bot's, their own, and those made in conversations that they have.
    """
    async with transaction(needs.pool) as connection:
        return await views.promises(connection, session.agent)


@router.get("/api/conversations/{id}")
async def show_conversation(needs: Needs, session: Viewer, id: UUID) -> dict[str, Any]:
    """One conversation with transcript, customer and summary."""
    async with transaction(needs.pool) as connection:
        return await views.conversation(connection, needs.business, id)


@router.post("/api/conversations/{id}/claim")
async def claim(needs: Needs, session: Changer, id: UUID, body: Nothing | None = None) -> dict[str, Any]:
    """Take over. 409 names the owner when somebody else was first."""
    async with transaction(needs.pool) as connection:
        await handling.claim(connection, needs, id, session.agent)
        return await views.conversation(connection, needs.business, id)


@router.post("/api/conversations/{id}/messages", status_code=202)
async def reply(needs: Needs, session: Changer, id: UUID, body: Reply) -> dict[str, int]:
    """Write to the customer; takes over in the same transaction when nobody has."""
    async with transaction(needs.pool) as connection:
        seq = await handling.reply(
            connection, needs, id, session.agent, body.text, once=body.client_id, files=body.files
        )
    return {"seq": seq}


@router.post("/api/conversations/{id}/notes", status_code=202)
async def note(needs: Needs, session: Changer, id: UUID, body: Note) -> dict[str, int]:
    """Write a note that only agents see; anybody may, on any conversation (P30)."""
    async with transaction(needs.pool) as connection:
        return {"seq": await handling.note(connection, needs, id, session.agent, body.text, once=body.client_id)}


@router.post("/api/conversations/{id}/messages/{seq}/retry", status_code=204)
async def retry(needs: Needs, session: Changer, id: UUID, seq: int, body: Nothing | None = None) -> Response:
    """Try once more to deliver a message that failed; for the owner, or a lead."""
    async with transaction(needs.pool) as connection:
        await handling.retry(connection, id, session.agent, seq)
    return Response(status_code=204)


@router.post("/api/conversations/{id}/typing", status_code=204)
async def typing(needs: Needs, session: Changer, id: UUID, body: Nothing | None = None) -> Response:
    """Tell the customer that the agent is writing."""
    async with transaction(needs.pool) as connection:
        locked = await conversations.lock(connection, id)
        conversations.must_own(locked, session.agent)
        await live.notify(connection, id, typing="agent")
    return Response(status_code=204)


@router.post("/api/conversations/{id}/hand-back")
async def hand_back(needs: Needs, session: Changer, id: UUID, body: HandBack) -> dict[str, Any]:
    """Give it back to the bot, which says so."""
    async with transaction(needs.pool) as connection:
        await handling.hand_back(connection, needs, id, session.agent, note=body.note or "", seen=body.seen)
        return await views.conversation(connection, needs.business, id)


@router.post("/api/conversations/{id}/transfer")
async def transfer(needs: Needs, session: Changer, id: UUID, body: Transfer) -> dict[str, Any]:
    """Pass it on to a colleague, or to whoever leads (P30)."""
    async with transaction(needs.pool) as connection:
        await handling.transfer(connection, needs, id, session.agent, to=body.to, note=body.note)
        return await views.conversation(connection, needs.business, id)


@router.post("/api/conversations/{id}/promises", status_code=201)
async def promise(needs: Needs, session: Changer, id: UUID, body: Promise) -> dict[str, int]:
    """Put down what the customer was promised, and by when (P18)."""
    async with transaction(needs.pool) as connection:
        return {"id": await handling.promise(connection, needs, id, session.agent, body.text, due_at=body.due_at)}


@router.post("/api/conversations/{id}/promises/{promise}/kept", status_code=204)
async def keep_promise(needs: Needs, session: Changer, id: UUID, promise: int, body: Nothing | None = None) -> Response:
    """What was promised is done (P19): the bot's for anybody; else for whoever promised it, the owner, or a lead."""
    async with transaction(needs.pool) as connection:
        await handling.keep_promise(connection, id, session.agent, promise)
    return Response(status_code=204)


@router.post("/api/conversations/{id}/close")
async def close(needs: Needs, session: Changer, id: UUID, body: Closing) -> dict[str, Any]:
    """Close with an outcome."""
    async with transaction(needs.pool) as connection:
        await handling.close(
            connection, needs, id, session.agent, outcome=body.outcome, note=body.note or "", seen=body.seen
        )
        return await views.conversation(connection, needs.business, id)


@router.patch("/api/conversations/{id}/summary")
async def edit_summary(needs: Needs, session: Changer, id: UUID, body: SummaryEdit) -> dict[str, Any]:
    """Put a line of the summary right; it stays so while the summary is kept up to date."""
    handling.check_length(needs, body.text)
    async with transaction(needs.pool) as connection:
        locked = await conversations.lock(connection, id)
        values = {"id": id, "topic": body.topic, "text": body.text, "by": session.agent.name}
        if await (await connection.execute(_SUMMARY["edit"], values)).fetchone() is None:
            raise NotFound("There is no such line in the summary.")
        await conversations.record(connection, id, "summary", str(session.agent), {"topic": body.topic})
        await live.notify(connection, locked.id)
        return await views.conversation(connection, needs.business, id)


@router.patch("/api/customers/{id}")
async def edit_customer(needs: Needs, session: Changer, id: UUID, body: CustomerEdit) -> Response:
    """Correct what is known of a customer."""
    values = {name: None if value is None else clean(value) for name, value in body.model_dump().items()}
    async with transaction(needs.pool) as connection:
        if await (await connection.execute(_SQL["edit_customer"], {**values, "id": id})).fetchone() is None:
            raise NotFound("There is no such customer.")
        rows = await (await connection.execute(_SQL["conversations_of"], {"id": id})).fetchall()
        for row in rows:
            changed = [name for name, value in values.items() if value is not None]
            await conversations.record(connection, row["id"], "customer", str(session.agent), {"changed": changed})
            await live.notify(connection, row["id"])
    return Response(status_code=204)


@router.get("/api/customers/{id}/alike")
async def alike(
    needs: Needs, session: Viewer, id: UUID, q: Annotated[StorableText, Query(max_length=200)] = ""
) -> dict[str, Any]:
    """Customers who may be the same person: they share an address or a number, or are the ones asked for."""
    async with transaction(needs.pool) as connection:
        found = await customers.alike(connection, id, clean(q))
    return {"customers": [{**one, "id": str(one["id"]), "created_at": one["created_at"].isoformat()} for one in found]}


@router.post("/api/customers/{id}/join", status_code=204)
async def join(needs: Needs, session: Changer, id: UUID, body: Joining) -> Response:
    """The other one is this customer too: conversations and cases become theirs."""
    async with transaction(needs.pool) as connection:
        await customers.join(connection, id, body.other, actor=str(session.agent))
    return Response(status_code=204)


@router.get("/api/canned")
def canned(needs: Needs, session: Viewer, language: Language = "") -> dict[str, Any]:
    """Replies to adapt, with the fields to fill (P34)."""
    replies = load_canned(needs.root, needs.business, language=needs.business.served(language))
    return {
        "replies": [
            {"id": reply.id, "title": reply.title, "text": reply.text, "fields": list(reply.fields)}
            for reply in replies
        ]
    }


@router.get("/api/articles")
def articles(
    needs: Needs, session: Viewer, q: Annotated[str, Query(max_length=500)] = "", language: Language = ""
) -> dict[str, Any]:
    """Articles that answer a question, best first."""
    found = needs.libraries[needs.business.served(language)].search(clean(q)) if q.strip() else []
    return {"articles": [one.to_json() for one in found]}


@router.post("/api/tone")
def tone(needs: Needs, session: Changer, body: Draft) -> dict[str, Any]:
    """What in a draft could hurt or confuse, with a better wording (P32, P33). Advice, never a ban."""
    found = findings(body.text, needs.business.served(body.language), root=needs.root)
    return {
        "findings": [
            {
                "rule": finding.rule,
                "start": finding.start,
                "end": finding.end,
                "text": body.text[finding.start : finding.end],
                "suggestion": finding.suggestion,
            }
            for finding in found
        ]
    }


def _me(needs: Services, session: Session) -> dict[str, Any]:
    agent = session.agent
    known = {"id": agent.id, "name": agent.name, "role": agent.role, "status": session.status}
    limits = needs.business.limits
    files = {"megabytes": limits.file_megabytes, "endings": endings(limits.file_kinds), "most": MOST_AT_ONCE}
    slack = any(one.agents is not None and not one.missing() for one in needs.business.channels.slack)
    return {
        "agent": known,
        "csrf": session.csrf,
        "files": files,
        "time_zone": needs.business.time_zone,
        "slack": slack,
    }
