"""Keeps the cards in the agents' channels up to date: posts, updates, calls the group on call, ticks what arrived.

One worker does so for an account. What it has done is remembered with the place: ``looks`` of the card, the
hand-over for which the group on call was ``called``, the ``ticks`` by message, up to where moods were ``felt``, and
``over``. What must not be there twice is noted as ``doing`` before Slack is called: after a crash or a time-out
Slack is asked for it by its metadata first.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from bot import conversation as conversations
from bot import live as signals
from bot.accounts import SlackAgents
from bot.channel import Gone, Never, NotNow
from bot.db import Connection, Pool, queries, to_json, transaction
from bot.errors import Unavailable
from bot.live import EVERYTHING, Live, Signal
from channels.slack.agents_card import Card, content, fingerprint
from channels.slack.agents_thread import not_delivered, not_sent
from channels.slack.calls import Refused, in_words
from channels.slack.messages import section

if TYPE_CHECKING:
    from channels.slack.channel import SlackChannel

log = logging.getLogger(__name__)

_SQL = queries("slack_agents")

NEW = "new:"
"""How the key of a place begins whose card is being posted."""

_EVENT = "warmline_agents"
_LOOK_SECONDS = 2.0  # a signal may be lost, and time passes without one
_TOGETHER_SECONDS = 0.2
_MOST_AT_ONCE = 8
_STORY = 20  # messages that are shown in a new thread
_PAGES, _PAGE = 5, 200
_SHORTEST_REST, _LONGEST_REST = 1.0, 60.0
_UNKNOWN = ""  # how a card looks that an earlier try posted: it is updated to be sure

_AS_WANTED = {"already_reacted", "no_reaction", "message_not_found"}

TICK, WARNING = "white_check_mark", "warning"
_MOODS = {
    "worried": "worried",
    "disappointed": "disappointed",
    "frustrated": "persevere",
    "angry": "rage",
    "abusive": "face_with_symbols_on_mouth",
    "threatening_legal": "scales",
    "threatening_physical": "rotating_light",
}

Row = Mapping[str, Any]
Name = tuple[UUID, int]


class Board:
    """The cards of one account."""

    def __init__(self, channel: SlackChannel, settings: SlackAgents, pool: Pool) -> None:
        self._channel = channel
        self._settings = settings
        self._pool = pool
        public = channel.business.channels.public_url
        self._desk = f"{public.rstrip('/')}/desk" if public else None
        self._under_way: set[Name] = set()
        self._rests: dict[Name, tuple[float, float]] = {}  # until when, and for how long
        self._wake = asyncio.Event()

    async def work(self, live: Live) -> None:
        """Until cancelled."""
        async with live.subscribe(EVERYTHING) as heard, asyncio.TaskGroup() as group:
            group.create_task(self._hear(heard))
            while True:
                self._wake.clear()
                with suppress(Unavailable):
                    await self._look(group)
                # Not `wait_for`: in Python 3.11 it can lose a cancellation that comes with the wake-up.
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_SECONDS):
                        await self._wake.wait()
                        await asyncio.sleep(_TOGETHER_SECONDS)

    async def _hear(self, heard: asyncio.Queue[Signal]) -> None:
        while True:
            if (await heard.get()).typing is None:
                self._wake.set()

    async def _look(self, group: asyncio.TaskGroup) -> None:
        for row in await self._rows():
            name = (row["conversation"], row["episode"])
            if len(self._under_way) >= _MOST_AT_ONCE:
                return
            rests = self._rests.get(name, (0.0, 0.0))[0] > time.monotonic()
            if name not in self._under_way and not rests and self._wants(row):
                self._under_way.add(name)
                group.create_task(self._keep(name))

    async def _rows(self, name: Name | None = None) -> list[dict[str, Any]]:
        id, episode = name or (None, None)
        key = {"account": self._channel.account, "id": id, "episode": episode, "moods": list(_MOODS)}
        async with transaction(self._pool) as connection:
            return await (await connection.execute(_SQL["cards"], key)).fetchall()

    def _wants(self, row: Row) -> bool:
        """As `_wanting`; a card that cannot even be drawn must not end the delivery of everything else."""
        try:
            return self._wanting(row)
        except Exception as error:
            log.error("no card", extra={"error": type(error).__name__, "conversation": row["conversation"]})
            return False

    def _wanting(self, row: Row) -> bool:
        """Whether there is anything to do."""
        if row["place"] is None:
            return bool(row["open"])
        return bool(
            row["gone"] is not None
            or self._looks(row)[1] != row["details"].get("looks")
            or self._uncalled(row)
            or row["written"]
            or row["felt"]
            or self._over(row)
        )

    async def _keep(self, name: Name) -> None:
        """Bring one card up to date; what Slack does not take now is tried again after a rest."""
        try:
            for row in await self._rows(name):  # again: it may have changed since we looked
                await self._bring_up_to_date(row)
            self._rests.pop(name, None)
        except Exception as error:
            seconds = min(_LONGEST_REST, 2 * self._rests.get(name, (0.0, _SHORTEST_REST / 2))[1])
            if isinstance(error, NotNow) and error.seconds is not None:
                seconds = error.seconds
            self._rests[name] = (time.monotonic() + seconds, seconds)
            log.warning("card not up to date", extra={"problem": in_words(error), "conversation": name[0]})
        finally:
            self._under_way.discard(name)
            self._wake.set()

    async def _bring_up_to_date(self, row: dict[str, Any]) -> None:
        if row["place"] is None or row["key"].startswith(NEW):
            if not await self._post(row):
                return
        else:
            await self._update(row)
        if self._uncalled(row):
            await self._call_help(row)
        for written in row["written"]:
            await self._tick(row, written)
        for felt in row["felt"]:
            await self._show_mood(row, felt)
        if self._over(row):
            await self._remember(row, over=True)

    # The card

    async def _post(self, row: dict[str, Any]) -> bool:
        """Post the card, once; whether it is there."""
        if row["place"] is None and not (row["open"] and await self._reserve(row)):
            return False
        shown, looks = self._looks(row)
        if (ts := await self._posted(row)) is not None:
            looks = _UNKNOWN
        elif row["open"]:
            await self._remember(row, where=self._where(row))
            ts = await self._say(row, _name(row), channel=row["details"]["where"], **shown)
        else:  # the hand-over ended before its card could be posted
            async with transaction(self._pool) as connection:
                await connection.execute(_SQL["give_up"], {"place": row["place"]})
            return False
        await self._found_thread(row, f"{await self._channel.home()}:{row['details']['where']}:{ts}", looks)
        return True

    async def _reserve(self, row: dict[str, Any]) -> bool:
        details = {"where": self._where(row)}
        values = {
            "account": self._channel.account,
            "key": f"{NEW}{_name(row)}",
            "id": row["conversation"],
            "episode": row["episode"],
            "details": to_json(details),
        }
        async with transaction(self._pool) as connection:
            reserved = await (await connection.execute(_SQL["reserve"], values)).fetchone()
        if reserved is not None:
            row |= {"place": reserved["id"], "key": values["key"], "details": details}
        return reserved is not None

    async def _posted(self, row: Row) -> str | None:
        """The card that an earlier try may have posted."""
        if row["details"].get("doing") != _name(row):
            return None
        where, since = row["details"]["where"], row["reserved_at"] - timedelta(minutes=1)  # clocks differ
        try:
            return await self._find(
                _name(row), "conversations.history", channel=where, oldest=f"{since.timestamp():.6f}"
            )
        except Never:
            if where == self._where(row):
                raise
            return None  # business.yml names another channel by now

    async def _found_thread(self, row: dict[str, Any], key: str, looks: str) -> None:
        """From now on the thread gets what is said, and first what was said before."""
        async with transaction(self._pool) as connection:
            await conversations.lock(connection, row["conversation"])  # no message between the old ones and the new
            values = {"place": row["place"], "key": key, "details": to_json({"looks": looks})}
            await connection.execute(_SQL["posted"], values)
            await self._tell_story(connection, row)
        row |= {"key": key, "gone": None, "details": {**row["details"], "looks": looks}}

    async def _tell_story(self, connection: Connection, row: Row) -> None:
        values = {"place": row["place"], "id": row["conversation"], "episode": row["episode"], "most": _STORY}
        await connection.execute(_SQL["story"], values)
        await signals.notify(connection, row["conversation"])

    async def _update(self, row: dict[str, Any]) -> None:
        """Show what changed; where nothing could be sent any more this is also how we see that it can again."""
        shown, looks = self._looks(row)
        if looks == row["details"].get("looks") and row["gone"] is None:
            return
        _, where, ts = _thread(row)
        try:
            await self._call("chat.update", channel=where, ts=ts, **shown)
        except Refused as problem:
            if problem.error != "message_not_found":
                raise
            await self._remember(row, over=True)  # somebody took the card away, and with it the thread
            raise
        await self._remember(row, looks=looks)
        if row["gone"] is not None:
            async with transaction(self._pool) as connection:
                await conversations.lock(connection, row["conversation"])
                await connection.execute(_SQL["back"], {"place": row["place"]})
                await self._tell_story(connection, row)

    def _looks(self, row: Row) -> tuple[dict[str, Any], str]:
        shown = content(_card(row), self._desk)
        return shown, fingerprint(shown)

    def _where(self, row: Row) -> str:
        """The channel for a hand-over: by its reason, else by its language, else the default one."""
        of = self._settings
        return of.by_reason.get(row["reason"]) or of.by_language.get(row["language"]) or of.channel

    # What belongs to it

    def _uncalled(self, row: Row) -> bool:
        """Whether it has waited too long, and nobody was called for it yet."""
        return (
            self._settings.on_call is not None
            and row["state"] == "waiting"
            and row["waited"] >= 60 * self._settings.unclaimed_minutes
            and row["details"].get("called") != row["handoff"]
        )

    def _over(self, row: Row) -> bool:
        """Whether nothing will happen here any more: closed, and what was written has arrived or failed."""
        return row["state"] == "closed" and row["gone"] is None and not row["unsettled"]

    async def _call_help(self, row: dict[str, Any]) -> None:
        minutes = self._settings.unclaimed_minutes
        text = f"{_mention(str(self._settings.on_call))} nobody has taken this over for {minutes} minutes."
        await self._say_once(row, f"called:{row['handoff']}", text)
        await self._remember(row, called=row["handoff"])

    async def _tick(self, row: dict[str, Any], written: Mapping[str, Any]) -> None:
        """Show at a message in the thread whether the customer has all of it, and below it what to do if not."""
        seq, ts, refused = str(written["seq"]), written["ts"], written["refused"]
        whole = written["status"] == "sent" and not refused
        await self._react(row, ts, TICK if whole else WARNING)
        if refused and "told" not in _ticked(row, seq):
            text = not_sent(refused, rest=written["status"] == "sent")
            await self._note(row, seq, told=await self._say_once(row, f"files:{seq}", text, [section(text)]))
        if written["status"] == "failed":
            text, blocks = not_delivered(written["problem"], f"{_name(row)}/{seq}")
            await self._note(row, seq, warning=await self._say_once(row, f"failed:{seq}", text, blocks))
        elif warning := _ticked(row, seq).get("warning"):
            if whole:
                await self._react(row, ts, WARNING, away=True)
            await self._take_back(row, seq, warning)
        await self._note(row, seq, status=written["status"])

    async def _take_back(self, row: dict[str, Any], seq: str, warning: str) -> None:
        """Say that what a warning is about has arrived: in its place, or where that cannot be changed, below it."""
        _, where, _ = _thread(row)
        text = "Delivered after all."
        try:
            await self._call("chat.update", channel=where, ts=warning, text=text, blocks=[section(text)])
        except Gone:
            raise
        except Never:
            await self._say_once(row, f"arrived:{seq}", text)
        await self._note(row, seq, warning=None)

    async def _note(self, row: dict[str, Any], seq: str, **news: str | None) -> None:
        """Remember what the thread shows of a message."""
        ticks = row["details"].get("ticks", {})
        await self._remember(row, ticks={**ticks, seq: {**_ticked(row, seq), **news}})

    async def _show_mood(self, row: dict[str, Any], felt: Mapping[str, Any]) -> None:
        await self._react(row, felt["id"], _MOODS[felt["kind"]])
        await self._remember(row, felt=felt["seq"])

    async def _react(self, row: Row, ts: str, name: str, *, away: bool = False) -> None:
        """Add a reaction or take it away; one that cannot be must not hold up what stands below it."""
        _, where, _ = _thread(row)
        try:
            await self._call(f"reactions.{'remove' if away else 'add'}", channel=where, timestamp=ts, name=name)
        except Gone:
            raise
        except Never as problem:
            if not (isinstance(problem, Refused) and problem.error in _AS_WANTED):
                extra = {"problem": in_words(problem), "conversation": row["conversation"]}
                log.warning("reaction not shown", extra=extra)

    async def _say_once(
        self, row: dict[str, Any], what: str, text: str, blocks: list[dict[str, Any]] | None = None
    ) -> str:
        """Say something in the thread and return Slack's name for it, which may be there from an earlier try."""
        _, where, thread = _thread(row)
        name = f"{_name(row)}/{what}"
        if row["details"].get("doing") == name and (
            found := await self._find(name, "conversations.replies", channel=where, ts=thread)
        ):
            return found
        return await self._say(row, name, channel=where, thread_ts=thread, text=text, blocks=blocks)

    async def _say(self, row: dict[str, Any], name: str, **message: Any) -> str:
        """Post something and return Slack's name for it; by ``name`` it is found again if no answer comes."""
        await self._remember(row, doing=name)
        metadata = {"event_type": _EVENT, "event_payload": {"name": name}}
        try:
            said = await self._call("chat.postMessage", **message, metadata=metadata)
        except (NotNow, Never):
            await self._remember(row, doing=None)  # it is certainly not there
            raise
        return str(said["ts"])

    async def _find(self, name: str, method: str, **where: str) -> str | None:
        """A message of ours by the name in its metadata."""
        cursor = None
        for _ in range(_PAGES):
            page = await self._call(method, **where, cursor=cursor, include_all_metadata=True, limit=_PAGE)
            for message in page["messages"]:
                if (message.get("metadata") or {}).get("event_payload", {}).get("name") == name:
                    return str(message["ts"])
            if not (cursor := (page.get("response_metadata") or {}).get("next_cursor")):
                break
        return None

    async def _remember(self, row: dict[str, Any], **details: Any) -> None:
        async with transaction(self._pool) as connection:
            await connection.execute(_SQL["remember"], {"place": row["place"], "details": to_json(details)})
        row["details"] = {**row["details"], **details}

    async def _call(self, method: str, **arguments: Any) -> Mapping[str, Any]:
        return await self._channel.call(await self._channel.home(), method, **arguments)


def _card(row: Row) -> Card:
    edits = row["edits"] or {}
    lines = [
        {**line, "text": edit["text"], "edited_by": edit["by"]} if (edit := edits.get(line["topic"])) else line
        for line in row["lines"] or ()
    ]
    same = ("conversation", "episode", "state", "since", "channel", "language", "customer", "reason", "rule", "urgency",
            "routed_to", "waiting_since", "owner", "mood", "heat", "promises", "outcome")  # fmt: skip
    return Card(**{name: row[name] for name in same}, lines=lines)


def _name(row: Row) -> str:
    return f"{row['conversation']}/{row['episode']}"


def _thread(row: Row) -> tuple[str, str, str]:
    """Workspace, channel and first message."""
    team, where, ts = row["key"].split(":")
    return team, where, ts


def _ticked(row: Row, seq: str) -> Mapping[str, Any]:
    """What the thread shows of a message: ``status``, the ``warning`` below it, and the line ``told`` of its files."""
    found: Mapping[str, Any] = row["details"].get("ticks", {}).get(seq, {})
    return found


def _mention(who: str) -> str:
    """A group's id begins with S, a person's with U or W."""
    return f"<!subteam^{who}>" if who.startswith("S") else f"<@{who}>"
