"""Why a person is needed, in an agent's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PASSED_ON = "passed_on"
"""The reason of a hand-over by which an agent asks for a lead; the others are in `bot.business`."""

REASONS = {
    "self_harm": "May harm themselves",
    "safety": "Threat of violence",
    "legal": "Legal threat",
    "person_demanded": "Asked for a person",
    "heat": "Very upset",
    "heat_rising": "Getting more upset",
    "abuse": "Insults went on after a warning",
    "unsolved_again": "Raised before, still unsolved",
    "remedy_limit": "Wants more than the bot may promise",
    "business_rule": "A rule of the business",
    "not_understood": "The bot could not help",
    "fault": "A fault of the bot",
    "stuck": "Stuck in a step-by-step guide",
    "too_long": "Long conversation",
    "unverified": "Sender not verified, and more than an answer is wanted",
    PASSED_ON: "Passed on by a colleague",
}


def reason_text(row: Mapping[str, Any]) -> str | None:
    """Of a hand-over with ``reason`` and ``rule``: a rule of the business speaks for itself."""
    reason = row.get("reason")
    if reason is None:
        return None
    return str(row["rule"]) if reason == "business_rule" else REASONS.get(reason, str(reason))
