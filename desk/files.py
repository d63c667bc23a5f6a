"""Files at the desk: what came from the customer is handed out, what goes to them is uploaded first."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response

from bot import conversation as conversations
from bot import files, limits
from bot.db import transaction
from bot.services import Needs
from desk.api import Changer, Viewer

router = APIRouter(prefix="/desk/api/conversations", tags=["Desk"])

_UPLOADS_PER_MINUTE = 30
_RAW = {"requestBody": {"required": True, "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}}


@router.post("/{id}/files", status_code=201, openapi_extra=_RAW)
async def upload(
    needs: Needs,
    session: Changer,
    request: Request,
    id: UUID,
    name: Annotated[str, Query(max_length=1000)],
    content_type: Annotated[str, Header()] = "",
) -> dict[str, Any]:
    """Upload a file, the body as it is, for the next message of who has the conversation; unsent, it goes in a day.

    413 when it is too large; 422 with code `file_refused` and the reason when it is empty, of no kind that the
    business takes, or not what it says it is.
    """
    agent = session.agent
    rules = needs.business.limits
    async with transaction(needs.pool) as connection:
        conversations.must_own(await conversations.lock(connection, id), agent)
        allowed = {f"uploads:{agent.id}": _UPLOADS_PER_MINUTE}
        words = "That is many files at once. Please go on in a moment."
        await limits.count(connection, allowed, seconds=limits.MINUTE, message=words)
    data = await _read(request, megabytes=rules.file_megabytes)
    file = files.check(data, name, content_type, kinds=rules.file_kinds, megabytes=rules.file_megabytes)
    async with transaction(needs.pool) as connection:
        conversations.must_own(await conversations.lock(connection, id), agent)
        kept = await files.upload(connection, id, agent.id, file, data)
    return {**kept, "url": f"/desk/api/conversations/{id}/files/{kept['id']}"}


@router.get("/{id}/files/{file}", response_class=Response, responses=files.BYTES)
async def download(needs: Needs, session: Viewer, id: UUID, file: UUID) -> Response:
    """A file of this conversation: common pictures to be shown, everything else to be saved."""
    async with transaction(needs.pool) as connection:
        return await files.hand_out(connection, id, file, visitor=False)


async def _read(request: Request, *, megabytes: int) -> bytes:
    """The body, as far as it is not too large, whatever length it claims."""
    declared = request.headers.get("content-length", "")
    files.check_size(int(declared) if declared.isdecimal() else 0, megabytes=megabytes)
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        files.check_size(len(data), megabytes=megabytes)
    return bytes(data)
