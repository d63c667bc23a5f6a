"""`warmline shell`: a customer at the terminal, over the same HTTP contract as the website.

Rasa's own `rasa shell` already runs the dialogue alone. This one goes the whole way of a message (limits,
bursts, mood, hand-over, an agent's replies), so it shows what a customer would see.
"""

import http.client
import json
import selectors
import sys
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from bot.errors import StartError

POLL_SECONDS = 0.3
# After the last line of a pipe: long enough for a worker that is just being started again.
LAST_ANSWER_SECONDS = 45.0


class Chat:
    """One customer's session at a running server. Raises StartError when it cannot be reached."""

    def __init__(self, site: str) -> None:
        self._site = site
        self._token = ""
        self._after = 0
        self._token = self._call("POST", "/chat/sessions", {})["token"]

    def send(self, text: str, payload: str | None) -> None:
        """Send a text, or press the button that stands for `payload`."""
        content = {"text": text} if payload is None else {"payload": payload}
        self._call("POST", "/chat/messages", {"client_id": str(uuid.uuid4()), **content})

    def news(self) -> tuple[list[Mapping[str, Any]], str]:
        """The messages that came since the last call, and who has the conversation."""
        answer = self._call("GET", f"/chat/messages?after={self._after}")
        self._after = answer["after"]
        return answer["messages"], answer["state"]

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        address = urlsplit(self._site)
        secure = address.scheme == "https"
        connection = (http.client.HTTPSConnection if secure else http.client.HTTPConnection)(address.netloc, timeout=10)
        headers = {"Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            response = connection.getresponse()
            answer = json.loads(response.read() or b"{}")
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise StartError(
                f"{self._site} does not answer as Warmline does ({error})."
                " Fix: start it with `warmline up`, or name another address with --url."
            ) from error
        finally:
            connection.close()
        if response.status >= 400:
            raise StartError(answer.get("error", {}).get("message", f"{path} answered {response.status}."))
        return answer


def talk(site: str) -> None:
    """Send lines of stdin, show what comes back, until end of input."""
    chat, buttons, state = Chat(site), list[Mapping[str, str]](), "bot"
    if sys.stdin.isatty():
        print("Write as a customer would. A number presses a button, Ctrl-D leaves.")
    ends: float | None = None
    with selectors.DefaultSelector() as selector:
        selector.register(sys.stdin, selectors.EVENT_READ)
        while ends is None or time.monotonic() < ends:
            if ends is None and selector.select(POLL_SECONDS):
                line = sys.stdin.readline()
                if line.strip():
                    chat.send(line.strip(), _pressed(line.strip(), buttons))
                elif not line:
                    if sys.stdin.isatty():
                        return
                    ends = time.monotonic() + LAST_ANSWER_SECONDS
            if ends is not None:
                time.sleep(POLL_SECONDS)
            messages, now = chat.news()
            for message in messages:
                buttons = _show(message) or buttons
                if ends is not None and message["author"] in {"bot", "agent"}:
                    ends = min(ends, time.monotonic() + 3 * POLL_SECONDS)
            if now != state:
                state = now
                print(f"  [{_who(state)}]", flush=True)


def _pressed(line: str, buttons: Sequence[Mapping[str, str]]) -> str | None:
    """The payload of the button that `line` numbers, if it does."""
    if line.isdigit() and 1 <= int(line) <= len(buttons):
        return buttons[int(line) - 1]["payload"]
    return None


def _show(message: Mapping[str, Any]) -> list[Mapping[str, str]]:
    """Print a message unless we wrote it; its buttons."""
    if message["author"] == "customer":
        return []
    print(f"{message['author']}: {message['text']}", flush=True)
    buttons: list[Mapping[str, str]] = message["buttons"]
    for number, button in enumerate(buttons, 1):
        print(f"   {number}  {button['title']}", flush=True)
    return buttons


def _who(state: str) -> str:
    return {
        "bot": "the bot has the conversation",
        "waiting": "waiting for a person",
        "agent": "a person has the conversation",
        "closed": "the conversation is closed",
    }.get(state, state)
