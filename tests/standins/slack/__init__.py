"""A stand-in of Slack, which holds everybody to its published types."""

from tests.standins.slack.server import Slack

__all__ = ["Slack"]
