"""The rest of the world: what people ask of assistants of whatever kind, beside which a business's intents stand."""

from pathlib import Path

_FILE = Path(__file__).with_name("background.txt")

OUT_OF_SCOPE = "out_of_scope"
"""The intent by which a Rasa project says itself what it has no answer to; it needs no background then."""


def read_background() -> list[str]:
    """English messages on all sorts of matters, none of which is about one kind of business more than others."""
    return _FILE.read_text(encoding="utf-8").splitlines()
