"""Plain text and Slack's markup, both ways."""

from __future__ import annotations

import re

_URL = re.compile(r"https?://[^\s<>|]+[^\s<>|.,;:!?)\]'\"]")
_ANGLED = re.compile(r"<([^<>]*)>")


def markup(text: str) -> str:
    """Plain text as Slack shows it word for word: what it would read as markup is escaped, addresses are links."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _URL.sub(lambda found: f"<{found[0]}>", escaped)


def plain(text: str, *, without: str | None = None) -> str:
    """What somebody wrote on Slack as plain text; mentions of the user ``without``, which is us, are left out."""

    def read(found: re.Match[str]) -> str:
        target, _, label = found[1].partition("|")
        if target.startswith("@"):
            return "" if target[1:] == without else f"@{label.removeprefix('@') or target[1:]}"
        if target.startswith("#"):
            return f"#{label or target[1:]}"
        if target.startswith("!"):
            return label or f"@{target[1:].partition('^')[0]}"
        bare = target.removeprefix("mailto:").removeprefix("tel:")
        return bare if not label or label == bare else f"{label} ({bare})"

    shown = _ANGLED.sub(read, text)
    return shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").strip()
