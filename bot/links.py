"""Our own pages in what is said anywhere but on our website, where "/help/…" leads nowhere."""

from __future__ import annotations

import re

_PAGE = re.compile(r"(?<![\w/.:])/help/[\w-]+(?:/[\w-]+)*")
# "Read more: /help/…", a sentence of its own
_POINTER = re.compile(rf"(?m)\s*[^.?!\n•]*:[ ]*{_PAGE.pattern}[ ]*$")


def elsewhere(text: str, address: str | None) -> str:
    """``text`` with links that lead to ``address``, such as ``https://chat.shop.example``; None: without them."""
    if address is not None:
        return _PAGE.sub(lambda found: address.rstrip("/") + found[0], text)
    return _PAGE.sub("", _POINTER.sub("", text)).strip()
