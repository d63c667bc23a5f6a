"""Canned replies: texts that agents start from, with fields to fill before they can be sent (P34)."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import RootModel

from bot.business import Business, Id, Text
from bot.errors import ConfigurationError, Problem
from bot.facts import FIELD, facts, fill
from bot.readable import jargon_in, load_jargon
from bot.yamlfile import Document, Record, check, nearest, raise_first, read_document, validated

FIELDS = (
    "customer_name",
    "agent_name",
    "order_number",
    "case_number",
    "product",
    "amount",
    "date",
    "time",
    "remedy",
    "detail",
)
"""What an agent, or the desk for them, fills in."""


@dataclass(frozen=True)
class CannedReply:
    """A reply with the facts of the business filled in; `fields` are left to fill, in order of appearance."""

    id: str
    title: str
    text: str
    fields: tuple[str, ...]


class _Reply(Record):
    id: Id
    title: Text
    text: Text


class _Replies(RootModel[tuple[_Reply, ...]]):
    """The whole file."""


def load_canned(root: Path, business: Business, *, language: str) -> list[CannedReply]:
    """The replies of `data/canned/<language>.yml`, in the order of the file. Raises ConfigurationError."""
    document = _document(root, language)
    replies = validated(document, _Replies).root
    raise_first(_mistakes(document, replies, business))
    known = facts(business)
    return [_filled(reply, known) for reply in replies]


def check_canned(root: Path, business: Business) -> list[Problem]:
    """Everything wrong with the canned replies, jargon (P33) included; empty when all is well."""
    problems: list[Problem] = []
    for language in business.languages:
        try:
            document, jargon = _document(root, language), load_jargon(root, language)
        except ConfigurationError as error:
            problems.append(error.found)
            continue
        replies, found = check(document, _Replies)
        problems += found
        if replies is None:
            continue
        problems += _mistakes(document, replies.root, business)
        for number, reply in enumerate(replies.root):
            for term, plain in jargon_in(reply.text, jargon):
                problems.append(document.problem([number, "text"], f'"{term}" is jargon', f'write "{plain}"'))
    return problems


def _filled(reply: _Reply, known: Mapping[str, str]) -> CannedReply:
    text = fill(reply.text, known)
    return CannedReply(reply.id, reply.title, text, tuple(dict.fromkeys(FIELD.findall(text))))


def _document(root: Path, language: str) -> Document:
    file = f"data/canned/{language}.yml"
    return read_document(root / file, file)


def _mistakes(document: Document, replies: tuple[_Reply, ...], business: Business) -> list[Problem]:
    """Fields nobody can fill, and ids used twice."""
    known = {*FIELDS, *facts(business)}
    problems: list[Problem] = []
    seen = set[str]()
    for number, reply in enumerate(replies):
        if reply.id in seen:
            problems.append(document.problem([number, "id"], f'"{reply.id}" is used twice', "rename one"))
        seen.add(reply.id)
        for field in FIELD.findall(reply.text):
            if field not in known:
                problem = f"{{{field}}} is not a known field"
                problems.append(document.problem([number, "text"], problem, nearest(field, known)))
    return problems
