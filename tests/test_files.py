"""Files: the bytes decide what they are, liars are refused in plain words, and what customers send is fetched once."""

from __future__ import annotations

import asyncio
import io
import tracemalloc
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
import pytest

from bot import handling
from bot.arrival import withdraw
from bot.business import FILE_KINDS, FileKind, load_business
from bot.channel import Never, NotNow, Outgoing, Part, Place
from bot.db import transaction
from bot.delivery import Courier
from bot.errors import ConfigurationError, InvalidMessage
from bot.fetching import give_up
from bot.files import Attached, check, clean_name
from tests.conftest import PROJECT
from tests.world import Platform, World


def zipped(**contents: str) -> bytes:
    """A ZIP file with these names in it, stored as they are."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, text in contents.items():
            # Without the time of day: workers have to collect the same tests.
            archive.writestr(zipfile.ZipInfo(name), text)
    return held.getvalue()


PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(40)
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(40)
GIF = b"GIF89a" + bytes(40)
WEBP = b"RIFF\x10\0\0\0WEBPVP8 " + bytes(30)
HEIC = b"\0\0\0\x20ftypheic" + bytes(40)
PDF = b"%PDF-1.7\n1 0 obj\n%%EOF"
VOICE = b"OggS\0\2" + bytes(20) + b"\x01\x13OpusHead"
MP3 = b"\xff\xfb\x90\x64" + bytes(40)
M4A = b"\0\0\0\x20ftypM4A " + bytes(40)
MP4 = b"\0\0\0\x20ftypisom" + bytes(40)
WEBM = b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm" + bytes(40)
ZIP = zipped(**{"a.txt": "x"})
DOCX = zipped(**{"[Content_Types].xml": "<x/>", "word/document.xml": "<x/>"})
XLSX = zipped(**{"[Content_Types].xml": "<x/>", "xl/workbook.xml": "<x/>"})
DOCM = zipped(**{"[Content_Types].xml": "<x/>", "word/document.xml": "<x/>", "word/vbaProject.bin": "x"})
ODT = zipped(mimetype="application/vnd.oasis.opendocument.text")
PROGRAM = b"MZ" + bytes(99)
HTML = b"<!DOCTYPE html><script>alert(1)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def checked(data: bytes, name: str, media_type: str = "", kinds: tuple[FileKind, ...] = FILE_KINDS) -> tuple[str, str]:
    found = check(data, name, media_type, kinds=kinds, megabytes=1)
    return found.name, found.media_type


@pytest.mark.parametrize(
    ("data", "name", "said", "kept"),
    [
        (PNG, "lamp.png", "image/png", ("lamp.png", "image/png")),
        (JPEG, "IMG_1.JPG", "image/jpeg", ("IMG_1.JPG", "image/jpeg")),
        (JPEG, "lamp.png", "image/png", ("lamp.jpg", "image/jpeg")),
        (WEBP, "sticker", "image/webp", ("sticker.webp", "image/webp")),
        (HEIC, "photo.heic", "application/octet-stream", ("photo.heic", "image/heic")),
        (GIF, "", "", ("file.gif", "image/gif")),
        (PDF, "invoice v2.1", "application/pdf", ("invoice v2.1.pdf", "application/pdf")),
        (VOICE, "voice.oga", "audio/ogg", ("voice.oga", "audio/ogg")),
        (MP3, "song.mp3", "audio/mpeg", ("song.mp3", "audio/mpeg")),
        (M4A, "clip.mp4", "video/mp4", ("clip.m4a", "audio/mp4")),
        (MP4, "film.mov", "video/quicktime", ("film.mp4", "video/mp4")),
        (WEBM, "film.webm", "video/webm", ("film.webm", "video/webm")),
        (ODT, "letter.odt", "", ("letter.odt", "application/vnd.oasis.opendocument.text")),
        ("Ærlig talt\n".encode(), "notes.txt", "text/plain", ("notes.txt", "text/plain")),
        ("a;b\n1;2".encode("utf-16"), "table.csv", "text/csv", ("table.csv", "text/plain")),
        ("grå;1".encode("latin-1"), "table.csv", "text/csv", ("table.csv", "text/plain")),
        (JPEG + ZIP + HTML, "holiday.jpg", "image/jpeg", ("holiday.jpg", "image/jpeg")),
    ],
)
def test_what_the_bytes_are_counts(data: bytes, name: str, said: str, kept: tuple[str, str]) -> None:
    """Also for a file that is several things at once: it is never handed out as another one than the first."""
    assert checked(data, name, said) == kept


def test_office_documents_are_told_from_archives() -> None:
    assert checked(DOCX, "letter.docx")[1].endswith("wordprocessingml.document")
    assert checked(XLSX, "sheet.xlsx")[1].endswith("spreadsheetml.sheet")


@pytest.mark.parametrize(
    ("data", "name", "said", "why"),
    [
        (b"", "lamp.png", "image/png", "This file is empty."),
        (PNG + bytes(1_000_000), "lamp.png", "image/png", "This file is larger than 1 MB."),
        (ZIP, "lamp.png", "image/png", "“lamp.png” says that it is a picture, but inside it is an archive."),
        (HTML, "lamp.jpg", "image/jpeg", "“lamp.jpg” says that it is a picture, but inside it is a web page."),
        (SVG, "lamp.png", "image/png", "“lamp.png” says that it is a picture, but inside it is a web page."),
        (SVG, "lamp.svg", "", "This is a web page. We take images, documents, audio and video."),
        (HTML, "notes.txt", "text/plain", "“notes.txt” says that it is a text, but inside it is a web page."),
        (b"\xef\xbb\xbf  \n<HTML>", "a.csv", "", "“a.csv” says that it is a text, but inside it is a web page."),
        (b"hello <script>x</script>", "a.txt", "", "“a.txt” says that it is a text, but inside it is a web page."),
        (DOCX, "letter.pdf", "", "“letter.pdf” says that it is a PDF document, but inside it is a Word document."),
        (PDF, "song.mp3", "", "“song.mp3” says that it is a recording, but inside it is a PDF document."),
        (PDF, "scan", "image/png", "“scan” says that it is a picture, but inside it is a PDF document."),
        (PROGRAM, "letter.pdf", "", "“letter.pdf” says that it is a PDF document, but inside it is a program."),
        (PROGRAM, "setup.exe", "", "This is a program. We take images, documents, audio and video."),
        (DOCM, "letter.docm", "", "This is a document with macros. We take images, documents, audio and video."),
        (bytes(99), "lamp.png", "", "“lamp.png” says that it is a picture, but inside it is something else."),
        (bytes(99), "x", "", "We do not know what kind of file this is. We take images, documents, audio and video."),
        (b"\0\1\2 text", "a.txt", "", "“a.txt” says that it is a text, but inside it is something else."),
    ],
)  # fmt: skip
def test_the_others_are_refused_in_plain_words(data: bytes, name: str, said: str, why: str) -> None:
    with pytest.raises(InvalidMessage) as problem:
        checked(data, name, said)
    assert str(problem.value) == why


def test_only_the_kinds_of_the_business_are_taken() -> None:
    with pytest.raises(InvalidMessage, match=r"This is an MP4 video\. We take images and documents\."):
        checked(MP4, "film.mp4", kinds=("images", "documents"))
    with pytest.raises(InvalidMessage, match=r"This is a PNG picture\. We take no files\."):
        checked(PNG, "lamp.png", kinds=())


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\Ola\\lamp.png", "lamp.png"),
        ("photo\u202egnp.exe", "photognp.exe"),
        ("lamp\0.png", "lamp.png"),
        ("la\u200bmp\r\n.png", "lamp .png"),
        ('a<b>:"c|d?e*.png', "a_b___c_d_e_.png"),
        ("...", "file"),
        ("", "file"),
        ("/", "file"),
        (" .hidden ", "hidden"),
        ("x" * 300 + ".jpeg", "x" * 95 + ".jpeg"),
        ("x" * 300, "x" * 100),
        ("صورة 👩‍🔧.jpg", "صورة 👩‍🔧.jpg"),
    ],
)
def test_names_hold_nothing_but_a_name(name: str, kept: str) -> None:
    assert clean_name(name) == kept


@pytest.mark.parametrize(
    ("setting", "problem"),
    [
        ("file_kinds: [images, dokuments]", 'Fix: write "documents"'),
        ("file_kinds: images", "must be a list"),
        ("file_kinds: [audio, audio]", '"audio" is there twice'),
        ("file_megabytes: 0", "greater than or equal to 1"),
        ("file_megabytes: 2000", "less than or equal to 50"),
    ],
)
def test_a_mistake_in_the_limits_is_named_with_its_line(tmp_path: Any, setting: str, problem: str) -> None:
    lines = (PROJECT / "business.yml").read_text("utf-8").splitlines()
    key = setting.partition(":")[0]
    number = next(number for number, line in enumerate(lines, 1) if line.strip().startswith(key))
    lines[number - 1] = f"  {setting}"
    (tmp_path / "business.yml").write_text("\n".join(lines), "utf-8")
    with pytest.raises(ConfigurationError) as found:
        load_business(tmp_path)
    assert str(found.value).startswith(f"business.yml:{number}: ") and problem in str(found.value)


class Shelf(Platform):
    """A platform that keeps files."""

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, bytes | list[Exception | bytes]] = {}
        self.asked: list[tuple[str, int]] = []

    async def fetch(self, source: Mapping[str, Any], *, most: int) -> bytes:
        self.asked.append((source["id"], most))
        answer = self.files[source["id"]]
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]  # type: ignore[assignment]
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, bytes)
        return answer


async def sends(world: World, *files: Attached, text: str = "") -> Place:
    return await world.writes(text, id="with files", files=files)


def attached(name: str, media_type: str, id: str, size: int | None = None) -> Attached:
    return Attached(name, media_type, {"id": id}, size)


async def settled(world: World, place: Place, *wanted: str) -> list[dict[str, Any]]:
    """The files of a conversation, once they have these states."""
    query = (
        "select name, media_type, size, status, problem, data, source, tries from attachment"
        " where conversation_id = %s order by seq, ordinal"
    )
    async with asyncio.timeout(30):
        while [row["status"] for row in await world.rows(query, place.conversation)] != list(wanted):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return await world.rows(query, place.conversation)


async def test_a_file_is_fetched_looked_at_and_kept(world: World) -> None:
    shelf = Shelf()
    shelf.files = {"1": JPEG, "2": HTML}
    async with world.delivering(shelf):
        ola = await sends(world, attached("../my lamp.png", "image/png", "1"), attached("lamp.jpg", "image/jpeg", "2"))
        good, bad = await settled(world, ola, "stored", "refused")
    assert good["name"] == "my lamp.jpg" and good["media_type"] == "image/jpeg"
    assert good["data"] == JPEG and good["size"] == len(JPEG) and good["problem"] is None
    assert bad["problem"] == "“lamp.jpg” says that it is a picture, but inside it is a web page."
    assert bad["data"] is None and good["source"] is bad["source"] is None, "where it was is of no use any more"
    events = await world.rows("select data from event where kind = 'attachment' order by data ->> 'stored'")
    assert [event["data"]["stored"] for event in events] == [False, True]
    assert shelf.asked[0][1] == 20_000_000


async def test_a_file_that_is_announced_as_too_large_is_not_fetched(world: World) -> None:
    shelf = Shelf()
    async with world.delivering(shelf):
        ola = await sends(world, attached("film.mp4", "video/mp4", "1", 20_000_001))
        [film] = await settled(world, ola, "refused")
    assert film["problem"] == "This file is larger than 20 MB." and shelf.asked == []


@pytest.mark.parametrize(
    "trouble",
    [[NotNow("busy", seconds=0.05)], [NotNow("busy", seconds=0.05, everywhere=True)], [TimeoutError(), OSError()]],
    ids=["later", "later, all of the account", "no answer"],
)
async def test_trouble_that_passes_only_delays_a_file(world: World, trouble: list[Exception | bytes]) -> None:
    shelf = Shelf()
    shelf.files = {"1": [*trouble, PNG]}
    async with world.delivering(shelf):
        ola = await sends(world, attached("lamp.png", "image/png", "1"))
        [lamp] = await settled(world, ola, "stored")
    assert lamp["data"] == PNG and lamp["tries"] == len(trouble) and lamp["problem"] is None


async def test_a_file_that_cannot_be_had_says_why(world: World) -> None:
    shelf = Shelf()
    shelf.files = {"1": [Never("Slack does not give out this file.")]}
    async with world.delivering(shelf):
        ola = await sends(world, attached("lamp.png", "image/png", "1"))
        [lamp] = await settled(world, ola, "refused")
    assert lamp["problem"] == "Slack does not give out this file." and len(shelf.asked) == 1


async def test_after_a_day_nobody_tries_any_longer(world: World) -> None:
    shelf = Shelf()
    shelf.files = {"1": [TimeoutError()]}
    ola = await sends(world, attached("lamp.png", "image/png", "1"))
    async with transaction(world.pool) as connection:
        await connection.execute("update message set at = now() - interval '25 hours'")
    async with world.delivering(shelf):
        [lamp] = await settled(world, ola, "refused")
    assert lamp["problem"] == "It could not be fetched in time."


async def test_what_the_customer_deleted_is_not_fetched(world: World) -> None:
    shelf = Shelf()
    ola = await sends(world, attached("lamp.png", "image/png", "1"))
    async with transaction(world.pool) as connection:
        await withdraw(connection, ola, "with files")
    async with world.delivering(shelf):
        await settled(world, ola, "refused")
    assert shelf.asked == []


async def test_an_account_fetches_its_own_files_only(world: World) -> None:
    """The same platform has another bot, whose token opens other files."""
    other, shelf = Shelf(), Shelf()
    other.account = "other loft"
    other.files = shelf.files = {"1": PNG}
    ola = await sends(world, attached("lamp.png", "image/png", "1"))
    async with world.delivering(other):
        await asyncio.sleep(0.3)
    assert other.asked == []
    async with world.delivering(shelf):
        await settled(world, ola, "stored")


class Sending(Shelf):
    """A platform to which files go, each in a call of its own."""

    def parts(self, message: Outgoing) -> Sequence[Part]:
        return [{"id": f"{message.id}#{file.name}", "text": file.name, "file": file} for file in message.files]

    async def post(self, place: Place, part: Part) -> str:
        if part["file"].size != len(await part["file"].read()):
            raise Never("This is not all of it.")
        return await super().post(place, part)


async def _says_with_files(world: World, place: Place, count: int, size: int) -> None:
    seq = await world.says(place, "Here they are", "agent")
    for ordinal in range(count):
        await world.rows(
            "insert into attachment (conversation_id, seq, ordinal, name, media_type, size, status, data)"
            " values (%s, %s, %s, %s, 'image/png', %s, 'stored', %s) returning 1",
            place.conversation, seq, ordinal, f"{ordinal}.png", size, bytes(size),
        )  # fmt: skip


async def test_many_large_files_are_in_memory_one_after_the_other(world: World) -> None:
    size = 4_000_000
    ola = await world.writes("Hello")
    await _says_with_files(world, ola, 10, size)
    platform = Sending()
    tracemalloc.start()
    try:
        async with world.delivering(platform):
            await world.until(ola.conversation, "sent")
        assert tracemalloc.get_traced_memory()[1] < 5 * size, "40 MB would be all of them"
    finally:
        tracemalloc.stop()
    assert [name for _, name in platform.arrived] == [f"{number}.png" for number in range(10)]


async def test_a_file_that_is_gone_when_it_is_sent_is_seen_to_be(world: World) -> None:
    ola = await world.writes("Hello")
    await _says_with_files(world, ola, 2, 100)
    platform = Sending()
    parts = platform.parts

    def meanwhile(message: Outgoing) -> Sequence[Part]:
        found = parts(message)
        with psycopg.connect(world.url) as connection:
            connection.execute("delete from attachment where name = '1.png'")
        return found

    platform.parts = meanwhile  # type: ignore[method-assign]
    async with world.delivering(platform):
        await world.until(ola.conversation, "failed")
    assert [name for _, name in platform.arrived] == ["0.png"]
    assert await world.rows("select problem from delivery") == [{"problem": "The file is not there any more."}]


async def test_what_an_agent_attached_elsewhere_keeps_its_place(world: World) -> None:
    """What is said after it waits, also where what waits goes out as one message; given up, the words go alone."""

    class Letters(Shelf):
        joins = True

    letters, other = Letters(), Shelf()
    other.account = "other loft"
    ana = await world.agent()
    ola = await world.writes("hello")
    query = (
        "insert into place (channel, account, key, conversation_id, audience) values ('pigeon', %s, %s, %s, 'agents')"
    )
    [thread] = await world.rows(f"{query} returning id", other.account, "thread", ola.conversation)

    async def replies(text: str, *files: Attached) -> None:
        async with transaction(world.pool) as connection:
            await handling.reply(
                connection, world.services, ola.conversation, ana, text,
                once=text or "bare", written_at=thread["id"], attached=files,
            )  # fmt: skip

    async with world.delivering(letters):
        await replies("one")
        await replies("two", attached("lamp.png", "image/png", "1"))
        await replies("three")
        await world.until(ola.conversation, "sent", "sent", "queued", "queued")
        await asyncio.sleep(0.2)
        other.files = {"1": [NotNow("busy", seconds=0.05), PNG]}
        async with world.delivering(other):
            await world.until(ola.conversation, "sent", "sent", "sent", "sent")
        assert [text for _, text in letters.arrived][1:] == ["one", "two\n\nthree"]
        for text, outcome in (("", "failed"), ("four", "sent")):
            await replies(text, attached("lamp.png", "image/png", "2"))
            async with transaction(world.pool) as connection:
                await connection.execute("update attachment set at = at - interval '3 minutes'")
            await give_up(world.pool)
            settled = await world.status(ola.conversation)
            await world.until(ola.conversation, *settled[:-1], outcome)
    assert letters.arrived[-1] == ("ola", "four")
    [bare] = await world.rows("select problem from delivery where status = 'failed'")
    assert bare["problem"] == "None of its files could be sent."


async def test_a_slow_file_holds_up_no_message(world: World) -> None:
    class Slow(Shelf):
        async def fetch(self, source: Mapping[str, Any], *, most: int) -> bytes:
            await asyncio.Event().wait()
            return b""

    slow = Slow()
    async with world.delivering(slow):
        ola = await sends(world, *(attached("lamp.png", "image/png", str(number)) for number in range(8)))
        await world.says(ola, "We are looking into it")
        await world.until(ola.conversation, "sent")


async def test_the_limits_are_those_of_the_business(world: World) -> None:
    shelf = Shelf()
    shelf.files = {"1": MP4}
    limits = world.services.business.limits.model_copy(update={"file_kinds": ("images",)})
    courier = Courier(world.pool, world.services.live, shelf, limits)
    work = asyncio.create_task(courier.lead(world.url))
    ola = await sends(world, attached("film.mp4", "video/mp4", "1"))
    [film] = await settled(world, ola, "refused")
    assert film["problem"] == "This is an MP4 video. We take images."
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
