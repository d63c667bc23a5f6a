"""The words of an e-mail: plain text from HTML, and what somebody wrote without what they quote and sign."""

from __future__ import annotations

import re
from html import unescape
from itertools import pairwise

_LONGEST_HTML = 500_000  # characters; newsletters stay below

_SKIPPED = {"script", "style", "title", "template"}
_BLOCKS = {
    "address", "article", "blockquote", "body", "div", "dl", "dt", "dd", "footer", "form", "h1", "h2", "h3", "h4",
    "h5", "h6", "header", "li", "ol", "pre", "section", "table", "tr", "ul",
}  # fmt: skip

_TOKEN = re.compile(r"<!--|<(/?)([a-zA-Z][a-zA-Z0-9]*)([^<>]*)>|<[!?/][^<>]*>")
_LINK = re.compile(r"""\bhref\s*=\s*["']?(https?://[^\s"'<>]+)""", re.IGNORECASE)

# A line above a quotation says whose it is and when; a year or a time of day tells it from the customer's own words.
_WHEN = re.compile(r"\b(?:19|20)\d\d\b|\b\d{1,2}[:.]\d\d\b")
_LONGEST_INTRODUCTION = 3  # lines
_WROTE = re.compile(
    r"(?:on|am|den|le|el|op|il|em)\s.{5,150}"
    r"(?:wrote|schrieb.{0,80}|skrev.{0,80}|a écrit|escribió|schreef.{0,80}|ha scritto|escreveu)\s?:",
    re.IGNORECASE,
)
_ORIGINAL = re.compile(r"-{3,}\s?\w[\w' ]{4,40}\s?-{3,}")  # -----Original Message-----
_FROM = re.compile(r"\*?(?:from|von|de|fra|från|van|da|od)\s?:\*?\s.+", re.IGNORECASE)
_SENT = re.compile(
    r"\*?(?:sent|date|gesendet|datum|envoyé|enviado|fecha|sendt|dato|skickat|verzonden|inviato|data|wysłano)\s?:\*?\s.+",
    re.IGNORECASE,
)
_DEVICE = re.compile(
    r"(?:sent from|get outlook for|von mein\w+ .* gesendet|sendt fra|skickat från|envoyé de|enviado desde|inviato da)"
    r"\b.{0,60}",
    re.IGNORECASE,
)


def from_html(html: str) -> str:
    """What a reader sees, as plain text; quoted parts begin with ``>`` as they do in plain e-mails."""
    return _Reader().read(html[:_LONGEST_HTML])


def without_signature(text: str) -> str:
    """The text up to the line ``--``, and without the advertisement of a telephone."""
    lines = [line.rstrip() for line in text.strip().splitlines()]
    if "--" in lines:
        lines = lines[: lines.index("--")]
    while lines and (not lines[-1] or _DEVICE.fullmatch(lines[-1])):
        lines.pop()
    return "\n".join(lines).strip()


def answer(text: str) -> str:
    """What was written in answer: without quotations, the lines that announce them, and the signature.

    Words between quotations stay. If nothing would be left the text stays as it is.
    """
    lines = _before_history([line.rstrip() for line in text.strip().splitlines()])
    kept: list[str] = []
    quoting = False
    for line in lines:
        if line.startswith(">"):
            if not quoting:
                _drop_introduction(kept)
            quoting = True
            continue
        if line:
            quoting = False
        kept.append(line)
    written = re.sub(r"\n{3,}", "\n\n", "\n".join(kept))
    return without_signature(written) or text.strip()


def _before_history(lines: list[str]) -> list[str]:
    """The lines above a history that is not marked as a quotation."""
    for number, (line, next) in enumerate(pairwise([*lines, ""])):
        unquoted = _WROTE.fullmatch(line) and not any(one.startswith(">") for one in lines[number:])
        if unquoted or _ORIGINAL.fullmatch(line) or (_FROM.fullmatch(line) and _SENT.fullmatch(next)):
            above = lines[:number]
            while above and (not above[-1] or set(above[-1]) == {"_"}):
                above.pop()
            return above
    return lines


def _drop_introduction(kept: list[str]) -> None:
    while kept and not kept[-1]:
        kept.pop()
    if kept and kept[-1].endswith(":"):
        for count in range(1, _LONGEST_INTRODUCTION + 1):
            last = kept[-count:]
            if "" in last:
                return
            if _WHEN.search(" ".join(last)):
                del kept[-count:]
                return


class _Reader:
    """A reader of HTML in one pass: the time it takes grows with the text alone, whatever stands in it."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._quoted = 0
        self._links: list[str] = []

    def read(self, html: str) -> str:
        at, lower = 0, html.lower()
        while (token := _TOKEN.search(html, at)) is not None:
            self._line.append(unescape(html[at : token.start()]))
            at, tag = token.end(), (token[2] or "").lower()
            if token[1]:
                self._close(tag)
            elif tag:
                self._open(tag, token[3])
            hidden = "-->" if token[0] == "<!--" else f"</{tag}" if tag in _SKIPPED and not token[1] else None
            if hidden is not None:
                end = lower.find(hidden, at)
                at = end + len(hidden) if hidden == "-->" and end >= 0 else end if end >= 0 else len(html)
        self._line.append(unescape(html[at:]))
        self._end_line()
        return re.sub(r"\n{3,}", "\n\n", "\n".join(self._lines)).strip()

    def _open(self, tag: str, attributes: str) -> None:
        if tag in _BLOCKS or tag in ("br", "hr", "p"):
            self._end_line()
        if tag == "li":
            self._line.append("- ")
        elif tag == "hr":
            self._lines.append("_" * 20)
        elif tag in ("td", "th"):
            self._line.append(" ")
        elif tag == "blockquote":
            self._quoted += 1
        elif tag == "a":
            link = _LINK.search(attributes)
            self._links.append(unescape(link[1]) if link else "")

    def _close(self, tag: str) -> None:
        if tag in _BLOCKS or tag == "p":
            self._end_line()
        if tag == "p":
            self._lines.append(self._mark.strip())
        elif tag == "blockquote":
            self._quoted = max(0, self._quoted - 1)
        elif tag == "a" and self._links:
            link = self._links.pop()
            if link and link not in "".join(self._line[-20:]):
                self._line.append(f" ({link})")

    @property
    def _mark(self) -> str:
        return "> " if self._quoted else ""

    def _end_line(self) -> None:
        text = " ".join("".join(self._line).split())
        if text:
            self._lines.append(self._mark + text)
        self._line.clear()
