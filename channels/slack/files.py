"""Files on Slack: what came along, fetching it, and putting one of ours there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urljoin, urlsplit

import aiohttp

from bot.channel import Never, NotNow
from bot.files import Attached

_CHUNK_BYTES = 65_536
_TIMES = aiohttp.ClientTimeout(total=120, sock_connect=10, sock_read=15)  # a large file takes longer than a call
_OWN_HOSTS = (".slack.com", ".slack-edge.com", ".slack-files.com")
_MOVED = (301, 302, 303, 307, 308)
_MOST_HOPS = 4

# A file that only its owner's workspace knows all about (Slack Connect): ask before it is fetched.
_ASK = "check_file_info"


def attached(team: str, files: Iterable[Mapping[str, Any]]) -> Sequence[Attached]:
    """The files of an event; those that Slack itself has not got any more are left out."""
    return [
        Attached(
            name=str(file.get("name") or file.get("title") or "file"),
            media_type=str(file.get("mimetype") or "application/octet-stream"),
            source={"team": team, "file": file["id"], "url": address(file)},
            size=file.get("size") or None,
        )
        for file in files
        if file.get("id") and file.get("mode") not in ("tombstone", "hidden_by_limit")
    ]


def address(file: Mapping[str, Any]) -> str | None:
    """Where a file is fetched, if its workspace says so at once."""
    if file.get("file_access") == _ASK:
        return None
    found = file.get("url_private_download") or file.get("url_private")
    return str(found) if found else None


async def fetch(session: aiohttp.ClientSession, url: str, token: str, *, api: str, most: int) -> bytes:
    """A file with the bot's token. Raises `NotNow`, and `Never` when it is too long or cannot be had.

    The token goes to Slack and nowhere else, wherever we are sent: a file may stand on a server of anybody's.
    """
    headers = {"authorization": f"Bearer {token}"}
    try:
        for _ in range(_MOST_HOPS):
            if not _on_slack(url, api):
                raise Never("The file is not on Slack but on a server elsewhere.")
            # Within Slack we go on by ourselves: the library would leave the token behind at the first other host.
            async with session.get(url, headers=headers, timeout=_TIMES, allow_redirects=False) as answer:
                if answer.status in _MOVED and "location" in answer.headers:
                    url = urljoin(url, answer.headers["location"])
                    continue
                if answer.status == 429 or answer.status >= 500:
                    raise NotNow(f"Slack answered {answer.status}.")
                # For a token that does not do, Slack shows its page for signing in, and says that all is well.
                if answer.status != 200 or answer.content_type == "text/html":
                    raise Never("Slack does not hand out this file.")
                return await _read(answer, most)
    except (aiohttp.ClientError, TimeoutError) as error:
        raise NotNow(f"Slack did not answer ({type(error).__name__}).") from None
    raise Never("Slack does not hand out this file.")


def _on_slack(url: str, api: str) -> bool:
    """Whether an address is Slack's own, or that of the ``api`` we were given."""
    host = urlsplit(url)
    return (host.scheme, host.netloc) == urlsplit(api)[:2] or (
        host.scheme == "https" and f".{host.hostname}".endswith(_OWN_HOSTS)
    )


async def _read(answer: aiohttp.ClientResponse, most: int) -> bytes:
    data = bytearray()
    async for chunk in answer.content.iter_chunked(_CHUNK_BYTES):
        data += chunk
        if len(data) > most:
            raise Never(f"The file is longer than {most:,} bytes.")
    return bytes(data)


async def upload(session: aiohttp.ClientSession, url: str, data: bytes) -> None:
    """Send a file's bytes to where Slack wants them. Raises `NotNow`: nobody sees a file that was not shared."""
    try:
        headers = {"content-type": "application/octet-stream"}
        async with session.post(url, data=data, headers=headers, timeout=_TIMES) as answer:
            if answer.status != 200:
                raise NotNow(f"Slack did not take the file ({answer.status}).")
    except (aiohttp.ClientError, TimeoutError) as error:
        raise NotNow(f"Slack did not take the file ({type(error).__name__}).") from None
