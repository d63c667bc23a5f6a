"""Rasa component: how the customer feels."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.exceptions import RasaException
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.errors import WarmlineError
from bot.nlu.cues import ENGLISH, load_cues
from bot.nlu.encoder import DEFAULT, check_signature, files_of, load_encoder, sign
from bot.nlu.fingerprint import fingerprint
from bot.nlu.modelfile import EncoderError
from bot.nlu.mood_examples import ExamplesError, model_of
from bot.nlu.mood_file import load, save
from bot.nlu.moods import MoodModel, feel

_FILE = "mood.npz"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class MoodDetector(GraphComponent):  # type: ignore[misc]  # Rasa has no types
    """Puts `mood` on every message: {"kind", "strength", "evidence": [{"start", "end", "text", "cue"}]}.

    Without examples of all kinds only the rules work: threats and insults.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Settings of config.yml.

        encoder: as of the intents; texts are encoded once if both have the same
        cues: file of what shows a mood in words; None for the English one of this package
        examples: file of examples, kind: | "- message" a line; relative to the working directory
        """
        return {"encoder": DEFAULT, "cues": None, "examples": "data/mood/en.yml"}

    @staticmethod
    def fingerprint_addon(config: dict[str, Any]) -> str:
        """Trains again when the examples or the lexicons change."""
        config = {**MoodDetector.get_default_config(), **config}
        cues = [Path(config["cues"])] if config["cues"] else []
        return fingerprint([Path(config["examples"]), *cues, *files_of(config["encoder"])])

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource, model: MoodModel | None):
        self._config = config
        self._storage = storage
        self._resource = resource
        self._model = model
        try:
            self._encoder = load_encoder(config["encoder"])
            self._lexicon = Path(config["cues"] or ENGLISH)
            self._cues = load_cues(self._lexicon)
        except WarmlineError as error:
            raise RasaException(str(error)) from error

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "MoodDetector":
        """A detector that has learnt nothing yet."""
        return cls(config, model_storage, resource, None)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "MoodDetector":
        """The detector as it was trained. Raises RasaException when that was with another encoder."""
        try:
            with model_storage.read_from(resource) as folder:
                loaded = cls(config, model_storage, resource, load(folder / _FILE))
                check_signature(folder, loaded._encoder)
                return loaded
        except EncoderError as error:
            raise RasaException(str(error)) from error
        except ValueError:  # nothing was stored: there were no examples
            return cls(config, model_storage, resource, None)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from the file of examples, unless it was learnt before."""
        try:
            self._model = model_of(Path(self._config["examples"]), self._encoder, self._lexicon)
        except ExamplesError as error:
            raise RasaException(str(error)) from error
        if self._model:
            with self._storage.write_to(self._resource) as folder:
                save(self._model, folder / _FILE)
                sign(folder, self._encoder)
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Nothing that follows learns from mood."""
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Put the mood on every message."""
        for message in messages:
            found = feel(message.get(TEXT) or "", self._encoder.features, self._model, self._cues)
            mood = {
                "kind": found.kind,
                "strength": found.strength,
                "evidence": [asdict(each) for each in found.evidence],
            }
            message.set("mood", mood, add_to_output=True)
        return messages
