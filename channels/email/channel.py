"""One mailbox.

A thread is a conversation. What the mailbox holds is stored before it is marked as read; what we send has an id that
is the same at every try and that nobody else can make.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import re
import time
import traceback
from base64 import b32decode, b32encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from email import policy
from email.message import EmailMessage
from email.utils import formataddr, formatdate
from typing import Any
from uuid import UUID

from bot import limits
from bot.accounts import EmailAccount
from bot.arrival import Arrival, Sender, arrive, find, named
from bot.business import Business
from bot.channel import Channel, File, Never, NotNow, Outgoing, Pace, Part, Place
from bot.db import Connection, transaction
from bot.delivery import came_back, customers_place
from bot.errors import TooMany, Unavailable
from bot.files import Attached
from bot.services import Services
from bot.wording import Wording
from channels.email import health, reading
from channels.email.imap import Mailbox, Trouble, opened
from channels.email.reading import Bounce, Mail
from channels.email.smtp import Sending
from channels.email.text import answer, without_signature

log = logging.getLogger(__name__)

_MOST_BYTES = 30_000_000  # of one e-mail; most servers take 25 MB
_MOST_FILES_BYTES = 18_000_000  # in one of ours: on the wire they grow by a third
_LONGEST_TEXT = 20_000  # characters that reach the conversation
_IDLE_SECONDS = 240.0  # routers forget quiet connections after five minutes
_POLL_SECONDS = 20.0
_LONGEST_PAUSE_SECONDS = 300.0
_PUT_OFF_SECONDS = 300.0

_MOST_AN_HOUR = 40
"""Messages from one address: two machines that answer each other stop here, whatever they forget to say."""

_MOST_UNVERIFIED_AN_HOUR = 5
"""Of those whose sender may be forged: our answers go to somebody who perhaps never wrote."""

# Ids stay below 78 characters, beyond which some programs break them, and do without capitals, which some change.
_SEAL_BYTES = 10
_OURS = re.compile(r"<(([a-z2-7]{26})\.(\d{1,18})(?:-(\d{1,2}))?)\.([a-z2-7]{16})@")

# A header longer than a line is folded between its words; a line may have 998 characters, and ids must stay whole.
_WIRE = policy.SMTP.clone(max_line_length=998)


class EmailChannel(Channel):
    """Sends, fetches and listens for one account."""

    name = "email"
    pace = Pace(account=2.0, place=0.5)
    joins = True

    def __init__(
        self, account: EmailAccount, business: Business, wordings: Mapping[str, Wording], environ: Mapping[str, str]
    ) -> None:
        self.account = account.account
        self._settings = account
        self._business = business
        self._wordings = wordings
        self._login = (environ[account.user], environ[account.password])
        self._secret = environ[account.signing_secret].encode()

    # Out

    def parts(self, message: Outgoing) -> Sequence[Part]:
        """As few e-mails as can carry the files; the first one has the words."""
        to = message.place.details["address"]
        return [
            {"id": self._id(message.place.conversation, message.seq, number), "to": to, "message": one}
            for number, one in enumerate(_in_mails(message))
        ]

    def _mail(self, id: str, message: Outgoing) -> EmailMessage:
        """An e-mail without its date and its files."""
        details = message.place.details
        mail = EmailMessage()
        mail["From"] = formataddr((self._business.name, self._settings.address))
        mail["To"] = details["address"]
        mail["Subject"] = details["subject"]
        mail["Message-ID"] = id
        if references := details["references"]:
            mail["In-Reply-To"] = references[-1]
            mail["References"] = " ".join(references)
        if message.author != "agent":
            mail["Auto-Submitted"] = "auto-replied"  # no other machine answers that
        mail.set_content(self._words(message))
        return mail

    async def post(self, place: Place, part: Part) -> str:
        """Send it; its id, which is ours."""
        id: str = part["id"]
        mail = self._mail(id, part["message"])
        mail["Date"] = formatdate()
        for file in part["message"].files:
            main, _, sub = file.media_type.partition("/")
            data = await file.read()
            mail.add_attachment(data, maintype=main, subtype=sub or "octet-stream", filename=file.name)
        sending = Sending(self._settings, *self._login)
        try:
            await asyncio.to_thread(sending.send, part["to"], mail.as_bytes(policy=_WIRE))
        finally:
            sending.close()
        return id

    async def fetch(self, source: Mapping[str, Any], *, most: int) -> bytes:
        """A file, out of the e-mail that is still in the mailbox."""
        try:
            async with opened(self._settings, *self._login, change=False) as mailbox:
                same = mailbox.validity == source["validity"]
                found = await asyncio.to_thread(mailbox.read, source["uid"], most=_MOST_BYTES) if same else None
        except Trouble as error:
            raise NotNow(f"{self._settings.imap_host} cannot be reached.") from error
        data = await asyncio.to_thread(reading.enclosure, found[0], source["part"]) if found and found[1] else None
        if data is None:
            raise Never("The e-mail is no longer in the mailbox.")
        if len(data) > most:
            raise Never("The file is too large.")
        return data

    def _words(self, message: Outgoing) -> str:
        wording = self._wordings[self._business.served(message.language)]
        paragraphs = [message.text or ", ".join(file.name for file in message.files)]
        if message.buttons:
            paragraphs.append("\n".join(f"{number}. {one.title}" for number, one in enumerate(message.buttons, 1)))
            paragraphs.append(wording.say("email.choose", said=())[0])
        if message.agent:
            paragraphs.append(wording.say("email.signed", said=(), agent=message.agent)[0])
        return "\n\n".join(paragraphs)

    def _id(self, conversation: UUID, seq: int, number: int = 0) -> str:
        """Of an e-mail that carries the message ``seq``, or its files where they need more than one."""
        what = f"{_letters(conversation.bytes)}.{seq}{f'-{number}' if number else ''}"
        domain = self._settings.address.partition("@")[2]
        return f"<{what}.{self._seal(what)}@{domain}>"

    def _seal(self, what: str) -> str:
        return _letters(hmac.digest(self._secret, f"{self.account}/{what}".encode(), "sha256")[:_SEAL_BYTES])

    def _message(self, id: str) -> tuple[UUID, int, int] | None:
        """Conversation, number of the message and of the e-mail that have this id, if it is one of ours."""
        parts = _OURS.match(id.lower())
        if parts is None or not hmac.compare_digest(self._seal(parts[1]), parts[5]):
            return None
        return UUID(bytes=b32decode(f"{parts[2].upper()}======")), int(parts[3]), int(parts[4] or 0)

    # In

    async def listen(self, services: Services) -> None:
        """Take in what is unread, for ever."""
        pause = 1.0
        while True:
            try:
                async with opened(self._settings, *self._login) as mailbox:
                    put_off: dict[int, float] = {}
                    while True:
                        await self._take_in(services, mailbox, put_off)
                        pause = 1.0
                        await _news(mailbox, put_off)
            except (Unavailable, *Trouble) as error:
                log.warning("mailbox not read", extra={"error": type(error).__name__, "account": self.account})
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    async def _take_in(self, services: Services, mailbox: Mailbox, put_off: dict[int, float]) -> None:
        """Everything unread, one after the other; ``put_off``: number → when to look at it again."""
        unseen = await asyncio.to_thread(mailbox.unseen)
        for gone in put_off.keys() - set(unseen):  # somebody else has read it: there is nothing to wait for
            del put_off[gone]
        for uid in unseen:
            if put_off.get(uid, 0.0) > time.monotonic():
                continue
            put_off.pop(uid, None)
            found = await asyncio.to_thread(mailbox.read, uid, most=_MOST_BYTES)
            if found is None:
                continue
            try:
                mail = await asyncio.to_thread(reading.read if found[1] else reading.read_head, found[0])
                await self._store(services, mail, {"validity": mailbox.validity, "uid": uid})
            except TooMany as problem:  # to look earlier is to read all of it once more, and in vain
                put_off[uid] = time.monotonic() + (problem.retry_after or _PUT_OFF_SECONDS)
            except Unavailable:
                raise
            except Exception as error:  # a fault of ours with this one must not keep the others
                put_off[uid] = time.monotonic() + _PUT_OFF_SECONDS
                trace = "".join(traceback.format_tb(error.__traceback__))
                log.error("e-mail not taken in", extra={"error": type(error).__name__, "trace": trace, "uid": uid})
            else:
                await asyncio.to_thread(mailbox.mark_seen, uid)

    async def _store(self, services: Services, mail: Mail, where: Mapping[str, Any]) -> None:
        """Keep what a person wrote and what a mail server reports; of other machines' mail nothing."""
        async with transaction(services.pool) as connection:
            if mail.bounce is not None:
                await self._note_bounce(connection, mail.bounce)
            elif mail.sender is None or mail.automatic or mail.sender == self._settings.address.lower():
                log.info("e-mail ignored", extra={"account": self.account, "uid": where["uid"]})
            else:
                most = {f"email:{self.account}:{mail.sender}": _MOST_AN_HOUR}
                if self._doubtful(mail):  # whoever forges an address must not use up what its owner may write
                    most = {f"unverified:{self.account}:{mail.sender}": _MOST_UNVERIFIED_AN_HOUR}
                await limits.count(connection, most, seconds=limits.HOUR, message="")
                await arrive(connection, services, await self._arrival(connection, mail, mail.sender, where))

    async def _arrival(self, connection: Connection, mail: Mail, sender: str, where: Mapping[str, Any]) -> Arrival:
        id = mail.id or f"<{where['validity']}/{where['uid']}>"
        doubtful = self._doubtful(mail)
        place, newest = await self._thread(connection, mail, sender, doubtful=doubtful)
        # The key holds the sender: whoever quotes the ids of somebody else's thread begins one of their own. So does
        # who may not be that sender, even in the same thread.
        key = f"{'unverified ' if doubtful else ''}{sender} {(*mail.references, id)[0]}"
        if place is None:
            place = await find(connection, channel=self.name, account=self.account, key=key)
        text = self._text(mail, first=place is None)
        pressed = await named(connection, place.conversation, text.rstrip(".) ")) if place is not None else None
        if pressed is not None and newest is not None and pressed.seq > newest:
            pressed = None  # they answer an older e-mail, whose choice was another one
        return Arrival(
            channel=self.name,
            account=self.account,
            key=place.key if place is not None else key,
            sender=Sender(
                sender, name=mail.name, email=sender, verified=self._vouched(mail.vouched), doubtful=doubtful
            ),
            external_id=id,
            text=text,
            pressed=pressed,
            files=[Attached(one.name, one.media_type, {**where, "part": one.part}, one.size) for one in mail.files],
            details={
                "address": sender,
                "unverified": doubtful,
                "subject": _reply_subject(mail.subject),
                "references": reading.shortened((*mail.references, *([mail.id] if mail.id else []))),
            },
        )

    async def _thread(
        self, connection: Connection, mail: Mail, sender: str, *, doubtful: bool
    ) -> tuple[Place | None, int | None]:
        """The place of the message of ours that is answered, and its number; only for whom it was sent to."""
        for id in reversed(mail.references):
            if (ours := self._message(id)) is not None:
                place = await self._place(connection, ours[0])
                if place is None or place.details.get("address") != sender:
                    continue
                if place.details.get("unverified", False) == doubtful:
                    return place, ours[1]
        return None, None

    async def _place(self, connection: Connection, conversation: UUID) -> Place | None:
        place = await customers_place(connection, conversation)
        ours = place is not None and (place.channel, place.account) == (self.name, self.account)
        return place if ours else None

    def _text(self, mail: Mail, *, first: bool) -> str:
        """What they wrote. In a first e-mail the subject is part of it, and what they quote may be what it is about."""
        text = without_signature(mail.text) if first else answer(mail.text)
        if not mail.whole:
            text = self._wordings[self._business.languages[0]].say("email.unreadable", said=())[0]
        if (first and mail.subject not in text) or not (text or mail.files):
            text = f"{mail.subject}\n\n{text}"
        return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]} […]"

    async def _note_bounce(self, connection: Connection, bounce: Bounce) -> None:
        for id in bounce.ids if bounce.final else ():
            if (ours := self._message(id)) is not None:
                place = await self._place(connection, ours[0])
                if place is not None:
                    await came_back(connection, place, self._id(*ours), f"The e-mail came back: {bounce.reason}")

    def _doubtful(self, mail: Mail) -> bool:
        """Whether our own server checks senders, and did not find that this one is who they say."""
        return self._settings.authenticated_by is not None and not self._vouched(mail.vouched)

    def _vouched(self, results: str) -> bool:
        """Whether our own server found that the sender's domain stands by it (DMARC)."""
        # Without comments and quotations: in those the sender has a say.
        server, _, found = re.sub(r'"(?:[^"\\]|\\.)*"|\([^()]*\)', "", results).partition(";")
        trusted = self._settings.authenticated_by
        return (
            trusted is not None
            and server.split()[:1] == [trusted]
            and any(re.match(r"\s*dmarc\s*=\s*pass\b", one) for one in found.split(";"))
        )

    # For `warmline check`

    async def problems(self) -> Sequence[str]:
        """Both servers, logged in to as in earnest."""
        return await health.problems(self._settings, *self._login)


def _letters(data: bytes) -> str:
    return b32encode(data).decode().rstrip("=").lower()


def _in_mails(message: Outgoing) -> Iterator[Outgoing]:
    """What each e-mail carries: as many of the files as fit, and the first one all that was said."""
    files, size = list[File](), 0
    for file in message.files:
        if files and size + file.size > _MOST_FILES_BYTES:
            yield replace(message, files=tuple(files))
            files, size = [], 0
            message = replace(message, text="", buttons=())
        files.append(file)
        size += file.size
    yield replace(message, files=tuple(files))


def _reply_subject(subject: str) -> str:
    return subject if re.match(r"(?:re|sv|aw|antw)\s*:", subject, re.IGNORECASE) else f"Re: {subject}".strip()


async def _news(mailbox: Mailbox, put_off: Mapping[int, float]) -> None:
    """Until there may be new mail, or the time has come for what was put off."""
    soonest = min([_IDLE_SECONDS, *(at - time.monotonic() for at in put_off.values())])
    if mailbox.can_idle:
        await asyncio.to_thread(mailbox.wait, max(soonest, 0.0))
    else:
        await asyncio.sleep(_POLL_SECONDS)
