"""Rasa component: what the customer wants."""

from typing import Any

import structlog
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME
from rasa.shared.exceptions import InvalidConfigException, RasaException
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, INTENT_RANKING_KEY, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.encoder import EncoderError, load_encoder
from bot.nlu.fingerprint import fingerprint
from bot.nlu.hybrid import CannotLearn, Hybrid, load, save, train

log = structlog.get_logger(__name__)

_FILE = "intents.npz"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class HybridIntentClassifier(GraphComponent):  # type: ignore[misc]  # Rasa has no types
    """Classifies messages with sentence vectors and n-grams together.

    Below the threshold found in training, or when the first two intents are about as likely, the
    intent is `nlu_fallback` at the head of the ranking; what it might have been follows it.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Settings of config.yml.

        rejection: share of understandable messages that may fall below the threshold
        ambiguity: least distance between the probabilities of the first two intents
        ranking_length: intents in the ranking
        """
        return {"rejection": 0.05, "ambiguity": 0.1, "ranking_length": 10}

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Raises InvalidConfigException for settings that make no sense."""
        for key in ("rejection", "ambiguity"):
            if not 0 <= config[key] < 1:
                raise InvalidConfigException(f"{cls.__name__}: {key} is {config[key]}. Fix: a number from 0 to 1.")
        if config["ranking_length"] < 1:
            raise InvalidConfigException(f"{cls.__name__}: ranking_length must be 1 or more.")

    @staticmethod
    def fingerprint_addon(config: dict[str, Any]) -> str:
        """Trains again when the code of this package changes, which Rasa does not see by itself."""
        return fingerprint()

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource, model: Hybrid | None) -> None:
        self._config = config
        self._storage = storage
        self._resource = resource
        self._model = model
        try:
            self._encoder = load_encoder()
        except EncoderError as error:
            raise RasaException(str(error)) from error

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "HybridIntentClassifier":
        """An untrained classifier."""
        return cls(config, model_storage, resource, None)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "HybridIntentClassifier":
        """The classifier as it was trained."""
        try:
            with model_storage.read_from(resource) as folder:
                return cls(config, model_storage, resource, load(folder / _FILE))
        except ValueError:  # nothing was stored: the project has no intents
            return cls(config, model_storage, resource, None)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from all examples that have a text and an intent. Raises RasaException."""
        examples = [each for each in training_data.intent_examples if each.get(TEXT) is not None and each.get(INTENT)]
        if not examples:
            return self._resource
        texts, intents = [each.get(TEXT) for each in examples], [each.get(INTENT) for each in examples]
        try:
            self._model = train(texts, intents, self._encoder, rejection=self._config["rejection"])
        except CannotLearn as error:
            raise RasaException(str(error)) from error
        log.info(
            "intents.trained",
            examples=len(texts),
            intents=len(self._model.intents),
            weight=self._model.weight,
            sharpness=self._model.sharpness,
            threshold=round(self._model.threshold, 3),
        )
        with self._storage.write_to(self._resource) as folder:
            save(self._model, folder / _FILE)
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Nothing that follows learns from intents."""
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Put intent and ranking on every message."""
        for message in messages:
            ranking = self._ranking(message.get(TEXT) or "")
            first = ranking[0] if ranking else _entry(None, 0.0)
            message.set(INTENT, first, add_to_output=True)
            message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        return messages

    def _ranking(self, text: str) -> list[dict[str, Any]]:
        if self._model is None:
            return []
        features = self._encoder.features([text])[0]
        found = self._model.predict(text, features, most=self._config["ranking_length"])
        ranking = [_entry(name, score) for name, score in zip(found.intents, found.confidences, strict=True)]
        second = found.probabilities[1] if len(found.probabilities) > 1 else 0.0
        close = found.probabilities[0] - second < self._config["ambiguity"]
        if close or found.confidences[0] < self._model.threshold or not text.strip():
            # As Rasa's own FallbackClassifier does, so that its rules and tests apply unchanged.
            ranking.insert(0, _entry(DEFAULT_NLU_FALLBACK_INTENT_NAME, self._model.threshold))
        return ranking


def _entry(name: str | None, confidence: float) -> dict[str, Any]:
    return {INTENT_NAME_KEY: name, PREDICTED_CONFIDENCE_KEY: confidence}
