"""Examples of moods, and the model that was learnt from them, kept beside: en.yml and en.npz.

Other than intents, moods are of a language, not of a business. Learning them takes longer than all the rest, and
their examples seldom change; so they are learnt only when they did.
"""

import hashlib
from pathlib import Path

import structlog
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from bot.errors import WarmlineError
from bot.nlu.cues import load_cues
from bot.nlu.encoder import Encoder
from bot.nlu.mood_file import load_if, save
from bot.nlu.moods import MoodModel, train
from bot.records import MOODS

log = structlog.get_logger(__name__)

_WAY = 1  # of learning: with another number, moods are learnt anew wherever they are kept


class ExamplesError(WarmlineError):
    """A file of examples that cannot be read; the text names the file and the fix."""


def model_of(examples: Path, encoder: Encoder, lexicon: Path) -> MoodModel | None:
    """The model of the file `examples`, with the cues of `lexicon`; None when a kind has none or there is no file.

    It is read from beside `examples` if it was learnt from just these files with this encoder. Otherwise it is learnt
    now and kept there; deleting it does no harm. Raises ExamplesError.
    """
    texts = read(examples) if examples.is_file() else {}
    if missing := [kind for kind in MOODS if not texts.get(kind)]:
        log.warning("mood.rules_only", missing=missing)
        return None
    kept, source = examples.with_suffix(".npz"), _digest(examples, lexicon, encoder)
    if model := load_if(kept, learnt_from=source):
        return model
    model = train(texts, encoder.features, load_cues(lexicon))
    log.info("mood.learnt", examples={kind: len(lines) for kind, lines in texts.items()})
    try:
        save(model, kept, learnt_from=source)
    except OSError as error:  # a project may not be for us to write in; learning again only takes time
        log.warning("mood.not_kept", file=str(kept), reason=error.strerror)
    return model


def read(path: Path) -> dict[str, list[str]]:
    """The texts of each kind in a file of "kind: |" and below it "- message" a line. Raises ExamplesError."""
    try:
        data = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except (YAMLError, UnicodeDecodeError) as error:
        raise ExamplesError(f"{path}: {error}") from None
    if not isinstance(data, dict) or not all(kind in MOODS and isinstance(data[kind], str) for kind in data):
        raise ExamplesError(f"{path}: write kind: | and below it one message a line. Kinds: {', '.join(MOODS)}.")
    return {
        kind: [line.removeprefix("- ") for line in lines.splitlines() if line.strip()] for kind, lines in data.items()
    }


def _digest(examples: Path, lexicon: Path, encoder: Encoder) -> str:
    digest = hashlib.sha256(f"{_WAY} {encoder.name}".encode())
    for file in (examples, lexicon):
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()
