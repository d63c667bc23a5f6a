"""The Rasa models, one a language: which fits the project as it is now, and training it with visible progress."""

import hashlib
import importlib.metadata
import os
import re
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from bot.business import load_business
from bot.embedded_postgres import end_with_parent
from bot.errors import ConfigurationError, StartError
from bot.pipelines import config_name, named_files
from bot.terminal import REDRAW_SECONDS, Clock, say

MODELS = "models"
# The folders of data/ that a model is made from; articles, wording and canned replies need no training.
FOR_RASA = ("nlu", "rules", "stories")
LIBRARIES = ("rasa", "scikit-learn", "numpy", "onnxruntime", "tokenizers", "spacy")
STAGE = re.compile(r"Starting to train component '(\w+)'")
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
MODELS_KEPT = 3
# From Linux, where it gives them on demand: the weights of the encoder are read through for every message, and to find
# them in small pages takes a tenth of the time. For processes that encode; glibc reads it when they start.
LARGE_PAGES = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}


def fingerprint(root: Path, language: str) -> str:
    """16 hex digits that change when training `language` in the project at `root` could give another model.

    Raises ConfigurationError when business.yml, domain.yml or the language's config.yml cannot be read.
    """
    digest = hashlib.sha256(f"python {sys.version_info[:2]}".encode())
    for library in LIBRARIES:
        digest.update(f"{library} {importlib.metadata.version(library)}\n".encode())
    for file in _learned_from(root, language):
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        digest.update(f"{file.name} {content}\n".encode())
    return digest.hexdigest()[:16]


def trained_model(root: Path, language: str) -> Path | None:
    """The model of the project as it is now, or None when it has to be trained."""
    model = _model_file(root, language)
    return model if model.exists() else None


def usable_models(root: Path) -> dict[str, Path]:
    """What a worker should load, by language: the fitting model, else the newest there is.

    The project may be edited while Warmline runs; a worker that restarts then must not fail.
    Raises StartError when a language has none at all.
    """
    found = {}
    for language in load_business(root).languages:
        model = trained_model(root, language) or next(iter(_newest_first(root, language)), None)
        if model is None:
            raise StartError(f"There is no trained model for the language {language}. Fix: run `warmline train`.")
        found[language] = model
    return found


def train(root: Path, language: str, log: Path, *, force: bool = False) -> Path:
    """Train `language` on the project at `root`; the new model's file. Progress on stderr, Rasa's words in `log`.

    Components whose data did not change come from Rasa's cache unless `force` is set. The model appears
    under its name only when it is whole. Raises StartError when Rasa fails.
    """
    model = _model_file(root, language)
    model.parent.mkdir(exist_ok=True)
    log.parent.mkdir(parents=True, exist_ok=True)
    # On the models' own disk, so that the rename at the end is one step.
    workshop = Path(tempfile.mkdtemp(prefix=".training-", dir=model.parent))
    try:
        with log.open("wb") as said:
            failed = _run_rasa(root, language, workshop / model.name, said, force=force)
        if failed:
            raise StartError(f"Training failed: {_last_words(log)} (log: {log})")
        (workshop / model.name).replace(model)
    finally:
        shutil.rmtree(workshop, ignore_errors=True)
    for old in _newest_first(root, language)[MODELS_KEPT:]:
        old.unlink(missing_ok=True)
    return model


def _learned_from(root: Path, language: str) -> Iterator[Path]:
    """Every file that training reads, in a fixed order."""
    languages = load_business(root).languages
    for name in (config_name(language, languages), "domain.yml"):
        if not (root / name).exists():
            raise ConfigurationError(name, 1, "the file is missing", f"create {name}")
        yield root / name
    yield from named_files(root, language, languages)
    for folder in _folders_for_rasa(root, language):
        yield from sorted(file for file in folder.rglob("*") if file.is_file())
    # Includes the encoders' modules, which name the hashes of the models they load.
    yield from sorted(file for file in (Path(__file__).parent / "nlu").iterdir() if file.is_file())


def _folders_for_rasa(root: Path, language: str) -> list[Path]:
    """Rules and stories are for all languages, examples for one."""
    return [root / "data" / name / (language if name == "nlu" else "") for name in FOR_RASA]


def _model_file(root: Path, language: str) -> Path:
    return root / MODELS / f"warmline-{language}-{fingerprint(root, language)}.tar.gz"


def _newest_first(root: Path, language: str) -> list[Path]:
    models = (root / MODELS).glob(f"warmline-{language}-*.tar.gz")
    return sorted(models, key=lambda model: model.stat().st_mtime, reverse=True)


def _run_rasa(root: Path, language: str, model: Path, log: IO[bytes], *, force: bool) -> bool:
    """Run `rasa train` and show how far it is; True when it failed.

    `make check` validates the data; Rasa would do it once more at every training, for ten seconds. Stories
    are not glued together to longer ones (augmentation): neither of the policies learns from that.
    """
    arguments = ["train", "--skip-validation", "--augmentation", "0", "--verbose"]
    arguments += ["--out", str(model.parent), "--fixed-model-name", model.name]
    arguments += ["--config", config_name(language, load_business(root).languages)]
    # Named one by one: Rasa would take our wording for training files it cannot read.
    arguments += ["--data", *map(str, _folders_for_rasa(root, language))]
    if force:
        arguments.append("--force")
    process = subprocess.Popen(
        [sys.executable, "-m", "rasa", *arguments],
        cwd=root,
        env=LARGE_PAGES | os.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=lambda: end_with_parent(signal.SIGKILL),
    )
    try:
        _show_progress(process, language, log)
        return process.wait() != 0
    finally:
        process.kill()
        process.wait()


def _show_progress(process: subprocess.Popen[bytes], language: str, log: IO[bytes]) -> None:
    """Copy the output to `log` until it ends; meanwhile say the stage and the time taken."""
    assert process.stdout is not None
    say(f"Training the model for {language} (about half a minute the first time) …")
    clock, stage = Clock(), "reading the data"
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            if selector.select(REDRAW_SECONDS):
                # Past the buffer: a partial line must not hold up the clock.
                chunk = os.read(process.stdout.fileno(), 65536)
                if not chunk:
                    break
                log.write(chunk)
                log.flush()
                for component in STAGE.findall(chunk.decode(errors="replace")):
                    stage = f"learning: {component}"
            clock.show(stage)
    clock.done()


def _last_words(log: Path) -> str:
    """The line of the log that most likely says why: the last one that is not decoration."""
    plain = COLOURS.sub("", log.read_text(errors="replace"))
    lines = [line.strip() for line in plain.splitlines() if line.strip()]
    return lines[-1] if lines else "Rasa said nothing"
