"""The published types of the Bot API, and whether a request, an answer or an update keeps to them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator, ValidationError, validators  # type: ignore[import-untyped]
from jsonschema.exceptions import best_match  # type: ignore[import-untyped]

from .errors import Malformed, bad_request

PUBLISHED: dict[str, Any] = json.loads((Path(__file__).parent / "telegram_types.json").read_text("utf-8"))

# Telegram's own words for what goes wrong most: a parameter is missing, a limit is passed, a parameter is wrong.
_MISSING = {"chat_id": "chat_id is empty", "text": "message text is empty"}
_LIMITS = {"byteLength": "BUTTON_DATA_INVALID", "maxLength": "MESSAGE_TOO_LONG"}
_WRONG = {"action": "wrong parameter action in request", "parse_mode": "unsupported parse_mode"}


def _byte_length(_: Any, limits: list[int], value: Any, __: Any) -> Iterator[ValidationError]:
    if isinstance(value, str) and not limits[0] <= len(value.encode()) <= limits[1]:
        yield ValidationError(f"{value!r} is not {limits[0]} to {limits[1]} bytes")


_Validator = validators.extend(Draft7Validator, {"byteLength": _byte_length})


@cache
def _validator(path: tuple[str, ...]) -> Any:
    found: Any = PUBLISHED
    for step in path:
        found = found[step]
    return _Validator({**found, "definitions": PUBLISHED["definitions"]})


def parsed_length(method: str, parameter: str) -> tuple[int, int]:
    """The least and most characters of a text, counted after its formatting was read."""
    least, most = PUBLISHED["methods"][method]["parameters"]["properties"][parameter]["parsedLength"]
    return least, most


def parameters(method: str, raw: dict[str, Any]) -> dict[str, Any]:
    """What a request says, decoded: all but texts travel as JSON within the form. Raises `Malformed`."""
    schema = PUBLISHED["methods"][method]["parameters"]
    properties = schema.get("properties", {})
    decoded = {name: _decoded(value, properties.get(name, {})) for name, value in raw.items()}
    error = _problem(("methods", method, "parameters"), decoded)
    if error is not None:
        raise Malformed(bad_request(_described(error, missing=schema.get("required", ()))))
    return decoded


def check_result(method: str, result: object) -> None:
    """An answer of ours breaks no type, or the stand-in itself is at fault."""
    _check(("methods", method, "result"), result)


def check(name: str, value: object) -> None:
    """A value of ours is of the named type, or the stand-in (or the test that made it) is at fault."""
    _check(("definitions", name), value)


def _check(path: tuple[str, ...], value: object) -> None:
    error = _problem(path, value)
    if error is not None:
        raise AssertionError(f"{'.'.join(path)}: at {_place(error) or 'the top'}: {error.message}")


def _problem(path: tuple[str, ...], value: object) -> ValidationError | None:
    validator = _validator(path)
    if validator.is_valid(value):
        return None
    errors = list(validator.iter_errors(value))
    special = next((one for one in _leaves(errors) if one.validator == "byteLength"), None)
    return special or best_match(errors)


def _leaves(errors: list[ValidationError]) -> Iterator[ValidationError]:
    for error in errors:
        if error.context:
            yield from _leaves(error.context)
        else:
            yield error


def _place(error: ValidationError) -> str:
    return ".".join(str(step) for step in error.absolute_path)


def _described(error: ValidationError, *, missing: tuple[str, ...]) -> str:
    place = _place(error)
    if error.validator == "required" and not place:
        place = next(name for name in missing if name not in error.instance)
        return _MISSING.get(place, f"parameter {place} is required")
    words = _LIMITS.get(str(error.validator)) or _WRONG.get(place)
    return words or f"wrong parameters: {place + ': ' if place else ''}{error.message[:300]}"


def _decoded(value: Any, schema: dict[str, Any]) -> Any:
    if not isinstance(value, str):
        return value
    if _takes_text(schema):
        number = {"type": "integer"} in schema.get("anyOf", ()) and re.fullmatch(r"-?\d+", value)
        return int(value) if number else value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _takes_text(schema: dict[str, Any]) -> bool:
    if "$ref" in schema:
        return _takes_text(PUBLISHED["definitions"][schema["$ref"].rpartition("/")[2]])
    if "anyOf" in schema:
        return any(_takes_text(one) for one in schema["anyOf"])
    kinds = [schema["const"]] if "const" in schema else schema.get("enum", [])
    return schema.get("type") == "string" or any(isinstance(one, str) for one in kinds)
