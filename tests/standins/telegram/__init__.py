"""A stand-in of the Telegram Bot API, which holds everybody to its published types."""

from .faults import Limits
from .people import Group, Person, Shown
from .server import Call, TelegramStandin

__all__ = ["Call", "Group", "Limits", "Person", "Shown", "TelegramStandin"]
