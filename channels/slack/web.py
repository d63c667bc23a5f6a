"""Where Slack and people who install the app call us."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
from fastapi import APIRouter, Request
from fastapi.responses import Response
from slack_bolt.adapter.starlette.async_handler import to_async_bolt_request, to_starlette_response
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier

from bot.errors import NotFound, Refused, Unauthorized
from bot.http import error
from bot.services import Needs
from channels.slack.installations import no_answer

if TYPE_CHECKING:
    from channels.slack.channel import SlackChannel

_SECONDS = 2.7  # Slack waits three, and takes silence for an answer that it can only count


def path(channel: SlackChannel, name: str) -> str:
    """The path of one of our addresses."""
    return f"/channels/{channel.name}/{channel.account}/{name}"


def routes(channel: SlackChannel) -> APIRouter:
    """Events, presses, commands and dialogs when Slack calls us; installing when many workspaces may."""
    router = APIRouter(tags=["Slack"])
    if channel.settings.mode == "http":
        _add_events(router, channel)
    if channel.installations is not None:
        _add_installing(router, channel)
    return router


def _add_events(router: APIRouter, channel: SlackChannel) -> None:
    verifier = SignatureVerifier(channel.signing_secret)

    @router.post(path(channel, "events"))
    async def events(request: Request, needs: Needs) -> Response:
        """Whatever happened on Slack. 401 unless Slack signed it within the last five minutes."""
        body = await request.body()
        if not _genuine(verifier, request, body):
            raise Unauthorized("This request was not signed by Slack, or not just now.")
        asked = _read(request, body)
        try:
            async with asyncio.timeout(_SECONDS):
                answer = await channel.app(needs).async_dispatch(asked)
        except TimeoutError:
            return error(503, "unavailable", "This takes too long. Please bring it again.", retry_after=2)
        if answer.status >= 500:
            return error(503, "unavailable", "We could not store this. Please bring it again.", retry_after=2)
        if answer.status >= 400:
            raise NotFound("We make nothing of this kind of request.")
        return to_starlette_response(answer)


def _read(request: Request, body: bytes) -> AsyncBoltRequest:
    """The request as bolt takes it; the signature says nothing about its form."""
    try:
        asked = to_async_bolt_request(request, body)
        event = asked.body.get("event", {})
        known = isinstance(event, dict) and (asked.body.get("type") != "event_callback" or "type" in event)
    except Exception:  # whatever bolt meets while it reads
        known = False
    if not known:
        raise Refused("This is not a request as Slack makes them.")
    return asked


def _genuine(verifier: SignatureVerifier, request: Request, body: bytes) -> bool:
    headers = request.headers
    try:
        return verifier.is_valid(body, headers.get("x-slack-request-timestamp"), headers.get("x-slack-signature"))
    except (TypeError, ValueError):  # a time that is no number, a body that is no text
        return False


def _add_installing(router: APIRouter, channel: SlackChannel) -> None:
    @router.get(path(channel, "install"))
    async def install(request: Request, needs: Needs) -> Response:
        """The way to Slack's page on which somebody allows the app."""
        return to_starlette_response(await channel.oauth_flow(needs).handle_installation(_asked(request)))

    @router.get(path(channel, "oauth_redirect"))
    async def oauth_redirect(request: Request, needs: Needs) -> Response:
        """The way back: only for the browser that began, once, within ten minutes."""
        try:
            answer = await channel.oauth_flow(needs).handle_callback(_asked(request))
        except (aiohttp.ClientError, TimeoutError):
            answer = no_answer()
        return to_starlette_response(answer)


def _asked(request: Request) -> AsyncBoltRequest:
    return to_async_bolt_request(request, b"")
