"""YAML that people write: read, check against a model, and name the line of every mistake."""

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError
from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from bot.errors import ConfigurationError, Problem

Place = Sequence[int | str]
"""Where a value stands in a document: ("remedies", 2, "causes") for `remedies[2].causes`."""

_MOST_EDITS = 2  # of a slip; what differs more is rather another word
_MOST_NAMES, _FEW_NAMES = 50, 3  # that fit on a line; that show what such names look like

Model = TypeVar("Model", bound=BaseModel)


class Record(BaseModel):
    """Frozen, and every setting it does not know is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


@dataclass(frozen=True)
class Document:
    """YAML with its origin; `first_line` is where the text begins in `file`, from 1."""

    file: str
    text: str
    data: Any
    first_line: int = 1

    @cached_property
    def root(self) -> Node | None:
        # Composed only once something is wrong: a correct file is read once.
        node: Node | None = _yaml().compose(self.text)
        return node

    def line(self, place: Place) -> int:
        """The line of `place`, or of the nearest thing around it that exists."""
        node, line = self.root, 0
        for step in place:
            found = _child(node, step)
            if found is None:
                break
            line, node = found
        return self.first_line + line

    def problem(self, place: Place, problem: str, fix: str) -> Problem:
        """The mistake at `place`, named with its path and line."""
        where = say_place(place)
        return Problem(self.file, self.line(place), f"{where}: {problem}" if where else problem, fix)


def read_document(path: Path, file: str) -> Document:
    """The YAML file at `path`, called `file` in messages. Raises ConfigurationError."""
    return parse_document(read_text(path, file), file)


def read_text(path: Path, file: str) -> str:
    """The text of `path`, called `file` in messages. Raises ConfigurationError."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigurationError(file, 1, "the file is missing", f"create {file}") from None
    except UnicodeDecodeError:
        raise ConfigurationError(file, 1, "the file is not UTF-8 text", "save it as UTF-8") from None
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise ConfigurationError(file, 1, f"the file cannot be read ({reason})", "let this user read it") from None


def parse_document(text: str, file: str, *, first_line: int = 1) -> Document:
    """`text` as YAML 1.2. Raises ConfigurationError at the line where it stops making sense."""
    try:
        return Document(file, text, _yaml().load(text), first_line)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = first_line + (mark.line if mark else 0)
        problem = (error.problem or "this is not YAML").splitlines()[0]
        fix = "check the indentation, the colons and the quotes around this line"
        if isinstance(error, DuplicateKeyError):
            problem, fix = problem.partition(" with value")[0], "keep one of the two"
        raise ConfigurationError(file, line, problem, fix) from None
    except (YAMLError, ValueError) as error:
        problem = str(error).splitlines()[0]
        raise ConfigurationError(file, first_line, problem, "write plain YAML here") from None


def check(document: Document, model: type[Model]) -> tuple[Model | None, list[Problem]]:
    """`document` as a `model`, or None and everything that is wrong with it."""
    try:
        return model.model_validate(document.data), []
    except ValidationError as error:
        return None, [_explain(document, model, detail) for detail in error.errors()]


def validated(document: Document, model: type[Model]) -> Model:
    """`document` as a `model`. Raises ConfigurationError at the first mistake."""
    found, problems = check(document, model)
    if found is None:
        raise as_error(problems[0])
    return found


def raise_first(problems: Iterable[Problem]) -> None:
    """Raise the first of `problems` as a ConfigurationError, if there is one."""
    for found in problems:
        raise as_error(found)


def as_error(found: Problem) -> ConfigurationError:
    return ConfigurationError(found.file, found.line, found.problem, found.fix)


def wrong(problem: str, fix: str) -> PydanticCustomError:
    """What a validator raises: a problem together with its fix."""
    # Pydantic fills braces in a message itself; the texts travel as context instead.
    return PydanticCustomError("wrong", "{problem}", {"problem": problem, "fix": fix})


def shaped(pattern: str, what: str, example: str) -> AfterValidator:
    """A validator: the whole text fits ``pattern``; else it is not ``what``, which looks like ``example``."""

    def fits(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise wrong(f'"{value}" is not {what}', f"write it like {example}")
        return value

    return AfterValidator(fits)


def nearest(word: str, known: Iterable[str]) -> str:
    """A fix for the unknown `word`: the known one of which it is likely a slip; else all, or the likest of many."""
    names = sorted(known)
    likest = difflib.get_close_matches(word, names, n=_FEW_NAMES, cutoff=0)
    slips = [name for name in likest if _edits(word, name) <= min(_MOST_EDITS, len(word) // 3)]
    if slips:
        return f'write "{slips[0]}"'
    if len(names) > _MOST_NAMES:
        return "use one that is known, such as " + ", ".join(likest)
    return "use one of " + ", ".join(names)


def _edits(word: str, other: str) -> int:
    """How many characters have to be changed, added or taken away to make one of the other, or a few more."""
    changes = difflib.SequenceMatcher(None, word, other, autojunk=False).get_opcodes()
    return sum(max(end - start, last - first) for tag, start, end, first, last in changes if tag != "equal")


def say_place(place: Place) -> str:
    """`("remedies", 2, "causes")` as `remedies[2].causes`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
    return text.removeprefix(".")


def _yaml() -> YAML:
    return YAML(typ="safe", pure=True)


def _child(node: Node | None, step: int | str) -> tuple[int, Node] | None:
    """The line (from 0) and node of `step` inside `node`, if it has one."""
    if isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
        item = node.value[step]
        return item.start_mark.line, item
    if isinstance(node, MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                return key.start_mark.line, value
    return None


def _explain(document: Document, model: type[BaseModel], detail: ErrorDetails) -> Problem:
    # Pydantic says "[key]" where the name of a setting is wrong, not its value.
    place = tuple(step for step in detail["loc"] if step != "[key]")
    context = detail.get("ctx", {})
    match detail["type"]:
        case "wrong":
            return document.problem(place, context["problem"], context["fix"])
        case "missing":
            return document.problem(place[:-1], f'"{place[-1]}" is missing', f'add "{place[-1]}"')
        case "extra_forbidden":
            fix = nearest(str(place[-1]), _settings(model, place[:-1]))
            return document.problem(place, "not a known setting", fix)
        case "literal_error":
            problem = f'"{detail["input"]}" is not known'
            names = re.findall(r"'([^']+)'", context["expected"])
            return document.problem(place, problem, nearest(str(detail["input"]), names))
        case "string_type":
            return document.problem(place, "this must be text", "put it in quotes")
        case "model_type" | "dict_type":
            fix = "write settings below it, one a line, as name: value"
            return document.problem(place, "this must be a block of settings", fix)
        case "tuple_type" | "list_type" | "frozen_set_type":
            return document.problem(place, "this must be a list", "begin each item with a dash")
    message = detail["msg"].removeprefix("Input ")
    return document.problem(place, f'"{detail["input"]}" does not fit', f"it {message}")


def _settings(model: type[BaseModel], place: Place) -> list[str]:
    """The names of the settings that `model` allows at `place`."""
    current: Any = model
    for step in place:
        if isinstance(step, int):
            continue
        if isinstance(current, type) and issubclass(current, BaseModel) and step in current.model_fields:
            current = _inner_model(current.model_fields[step].annotation)
    fields: dict[str, Any] = getattr(current, "model_fields", {})
    return list(fields)


def _inner_model(annotation: Any) -> Any:
    """The model inside an annotation such as `tuple[Remedy, ...]` or `When | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _inner_model(part))), None)
