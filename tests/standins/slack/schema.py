"""Whether blocks, views and events are what Slack takes and sends, by slack_sdk's validation and Slack's types."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator  # type: ignore[import-untyped]
from jsonschema.exceptions import best_match  # type: ignore[import-untyped]
from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
# Not documented; Slack answers msg_blocks_too_long from a little above this many characters in all blocks together.
BLOCKS_CHARACTERS = 13_000

Json = dict[str, Any]

_TYPES: Json = json.loads(Path(__file__).with_name("types.json").read_text("utf-8"))


@cache
def _validator(definition: str) -> Draft7Validator:
    return Draft7Validator({"$ref": f"#/definitions/{definition}", "definitions": _TYPES["definitions"]})


@cache
def _names(union: str) -> dict[tuple[str, str | None], str]:
    """Type and subtype of each member of a union → its definition, so that errors are about what was meant."""
    found = {}
    for member in _TYPES["definitions"][union]["anyOf"]:
        name = member["$ref"].rsplit("/", 1)[-1]
        definition = _TYPES["definitions"][name]
        properties = definition.get("properties") or definition["anyOf"][0]["properties"]  # an image has two forms
        found[properties["type"]["const"], properties.get("subtype", {}).get("const")] = name
    return found


def _differences(value: object, definition: str, pointer: str) -> Iterator[str]:
    error = best_match(_validator(definition).iter_errors(value))
    if error is not None:
        yield f"{error.message[:300]} [json-pointer:{pointer}{''.join(f'/{part}' for part in error.absolute_path)}]"


def wrong_blocks(blocks: object, *, most: int = MESSAGE_BLOCKS, pointer: str = "/blocks") -> list[str]:
    """What is wrong with blocks, in the words that Slack puts into `response_metadata.messages`; empty if nothing."""
    if not isinstance(blocks, list):
        return [f"must be an array [json-pointer:{pointer}]"]
    if len(blocks) > most:
        return [f"no more than {most} items allowed [json-pointer:{pointer}]"]
    return [
        *(wrong for number, block in enumerate(blocks) for wrong in _wrong_block(block, f"{pointer}/{number}")),
        *_repeated(blocks, pointer),
    ]


def _wrong_block(block: object, pointer: str) -> Iterator[str]:
    known = _names("KnownBlock")
    kind = block.get("type") if isinstance(block, dict) else block
    if not isinstance(block, dict) or (kind, None) not in known:
        yield f"unsupported type: {kind} [json-pointer:{pointer}/type]"
        return
    yield from _differences(block, known[block["type"], None], pointer)
    yield from _refused_by_sdk(lambda: Block.parse(block).to_dict(), pointer)  # type: ignore[union-attr]
    for element in elements(block):
        # Slack wants these filled in; neither the types nor the models say so.
        if element.get("type") in ("plain_text", "mrkdwn") and not element.get("text"):
            yield f"must be more than 0 characters [json-pointer:{pointer}/text/text]"
    if block["type"] in ("actions", "context") and not block.get("elements"):
        yield f"no fewer than 1 items allowed [json-pointer:{pointer}/elements]"


def _refused_by_sdk(build: Callable[[], object], pointer: str) -> Iterator[str]:
    try:
        build()
    except SlackObjectFormationError as error:
        yield f"{error} [json-pointer:{pointer}]"
    except (TypeError, AttributeError, KeyError, ValueError) as error:
        yield f"not of the block's form: {error} [json-pointer:{pointer}]"


def elements(block: Json) -> Iterator[Json]:
    """Every object inside a block, itself first."""
    yield block
    for value in block.values():
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, dict):
                yield from elements(inner)


def _repeated(blocks: list[Json], pointer: str) -> Iterator[str]:
    seen: set[str] = set()
    for number, block in enumerate(blocks):
        if not isinstance(block, dict):
            continue
        if (block_id := block.get("block_id")) is not None:
            if block_id in seen:
                yield f"`block_id` {block_id!r} already exists for another block [json-pointer:{pointer}/{number}]"
            seen.add(block_id)
        actions = [inner["action_id"] for inner in elements(block) if inner.get("action_id")]
        for action in {action for action in actions if actions.count(action) > 1}:
            yield f"`action_id` {action!r} already exists for another action [json-pointer:{pointer}/{number}/elements]"


def characters(blocks: list[Json]) -> int:
    """How many characters of text all blocks hold together."""
    return sum(len(inner["text"]) for b in blocks for inner in elements(b) if isinstance(inner.get("text"), str))


def wrong_view(view: object, kind: str) -> list[str]:
    """What is wrong with a view that is published (``kind`` "home") or opened ("modal")."""
    if not isinstance(view, dict) or view.get("type") != kind:
        return [f"must be a view of type {kind} [json-pointer:/view]"]
    return [
        *_differences({**view, "blocks": []}, "HomeView" if kind == "home" else "ModalView", "/view"),
        *_refused_by_sdk(lambda: View(**view).to_dict(), "/view"),
        *wrong_blocks(view.get("blocks"), most=VIEW_BLOCKS, pointer="/view/blocks"),
    ]


def wrong_metadata(metadata: object) -> list[str]:
    """What is wrong with a message's metadata."""
    return list(_differences(metadata, "MessageMetadata", "/metadata"))


def wrong_event(event: Json) -> list[str]:
    """What is wrong with an event that the stand-in is about to send: its own mistakes, not the app's."""
    if event["type"] == "message":
        # A message without subtype is the generic one: its type says that `subtype` is undefined.
        definition = _names("AllMessageEvents")["message", event.get("subtype")]
    else:
        definition = "".join(part.title() for part in event["type"].split("_")) + "Event"
    # The types repeat channel and time in the messages inside; Slack does not send them there.
    around: Json = {name: event[name] for name in ("channel", "channel_type", "event_ts") if name in event}
    inside: Json = {name: {**around, **event[name]} for name in ("message", "previous_message") if name in event}
    return list(_differences({**event, **inside}, definition, "/event"))
