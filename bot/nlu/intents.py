"""Rasa component: what the customer wants."""

from dataclasses import dataclass
from pathlib import Path
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

from bot.errors import WarmlineError
from bot.nlu.background import OUT_OF_SCOPE, read_background
from bot.nlu.encoder import DEFAULT, check_signature, files_of, load_encoder, sign
from bot.nlu.examples import CannotLearn
from bot.nlu.fingerprint import fingerprint
from bot.nlu.hybrid import Hybrid
from bot.nlu.hybrid_file import load, save
from bot.nlu.hybrid_training import train
from bot.nlu.intent_decision import Decider, IntentDecision
from bot.nlu.intent_rules import read_rules
from bot.nlu.modelfile import EncoderError
from bot.nlu.neighbours import Neighbour

log = structlog.get_logger(__name__)

_FILE = "intents.npz"


@dataclass(frozen=True)
class IntentExplanation:
    """A decision with what it was measured by.

    `threshold` is the least confidence and `ambiguity` the least lead in probability of what is understood.
    `rules` names the file of `decision.rule`; `nearest` are the training examples nearest to `decision.found.text`.
    """

    decision: IntentDecision
    threshold: float
    ambiguity: float
    rules: str | None
    nearest: tuple[Neighbour, ...]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class HybridIntentClassifier(GraphComponent):  # type: ignore[misc]  # Rasa has no types
    """Classifies messages with sentence vectors and n-grams together.

    Below the threshold found in training, or when the first two intents are about as likely, the
    intent is `nlu_fallback` at the head of the ranking; what it might have been follows it.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Settings of config.yml.

        encoder: minilm (English), e5 (a hundred languages), or a folder, relative to the working directory
        rejection: share of understandable messages that may fall below the threshold
        ambiguity: least distance between the probabilities of the first two intents
        ranking_length: intents in the ranking
        rules: file of what needs no weighing, relative to the working directory; None for no rules
        by_sentence: intents for which one sure sentence among others is enough, the gravest first
        asides: intents of a message only if no other sentence of it says more, such as greetings
        """
        return {
            "encoder": DEFAULT,
            "rejection": 0.05,
            "ambiguity": 0.1,
            "ranking_length": 10,
            "rules": None,
            "by_sentence": [],
            "asides": [],
        }

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
        config = {**HybridIntentClassifier.get_default_config(), **config}
        rules = [Path(config["rules"])] if config["rules"] else []
        return fingerprint([*rules, *files_of(config["encoder"])])

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource, model: Hybrid | None) -> None:
        self._config = config
        self._storage = storage
        self._resource = resource
        try:
            self._encoder = load_encoder(config["encoder"])
            self._rules = read_rules(Path(config["rules"])) if config["rules"] else None
        except WarmlineError as error:
            raise RasaException(str(error)) from error
        self._decider = self._deciding(model) if model else None

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
        """The classifier as it was trained. Raises RasaException when that was with another encoder."""
        try:
            with model_storage.read_from(resource) as folder:
                loaded = cls(config, model_storage, resource, load(folder / _FILE))
                check_signature(folder, loaded._encoder)
                return loaded
        except EncoderError as error:
            raise RasaException(str(error)) from error
        except ValueError:  # nothing was stored: the project has no intents
            return cls(config, model_storage, resource, None)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from all examples that have a text and an intent. Raises RasaException."""
        examples = [each for each in training_data.intent_examples if each.get(TEXT) is not None and each.get(INTENT)]
        if not examples:
            return self._resource
        texts, intents = [each.get(TEXT) for each in examples], [each.get(INTENT) for each in examples]
        try:
            others = [] if OUT_OF_SCOPE in intents else read_background()
            model = train(texts, intents, self._encoder, rejection=self._config["rejection"], background=others)
        except CannotLearn as error:
            raise RasaException(str(error)) from error
        log.info(
            "intents.trained",
            examples=len(texts),
            intents=len(model.intents),
            weight=model.fusion.weight,
            sharpness=model.fusion.sharpness,
            threshold=round(model.threshold, 3),
        )
        with self._storage.write_to(self._resource) as folder:
            save(model, folder / _FILE)
            sign(folder, self._encoder)
        self._decider = self._deciding(model)
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

    def explain(self, text: str) -> IntentExplanation | None:
        """Why `text` has the intent that `process` gives it; None for a classifier that has learnt nothing."""
        if (decider := self._decider) is None:
            return None
        decision = decider.decide(text)
        return IntentExplanation(
            decision,
            threshold=decider.model.threshold,
            ambiguity=decider.ambiguity,
            rules=self._config["rules"] if decision.rule else None,
            nearest=tuple(decider.model.nearest_examples(self._encoder.features([decision.found.text])[0])),
        )

    def _deciding(self, model: Hybrid) -> Decider:
        return Decider(
            model,
            self._encoder,
            self._rules,
            ambiguity=self._config["ambiguity"],
            ranking_length=self._config["ranking_length"],
            by_sentence=self._config["by_sentence"],
            asides=self._config["asides"],
        )

    def _ranking(self, text: str) -> list[dict[str, Any]]:
        if (decider := self._decider) is None:
            return []
        decision = decider.decide(text)
        found = decision.found
        ranking = [_entry(name, score) for name, score in zip(found.intents, found.confidences, strict=True)]
        if decision.rule:
            return [_entry(decision.rule, 1.0), *(each for each in ranking if each[INTENT_NAME_KEY] != decision.rule)]
        if not decision.sure:
            # As Rasa's own FallbackClassifier does, so that its rules and tests apply unchanged.
            ranking.insert(0, _entry(DEFAULT_NLU_FALLBACK_INTENT_NAME, decider.model.threshold))
        return ranking


def _entry(name: str | None, confidence: float) -> dict[str, Any]:
    return {INTENT_NAME_KEY: name, PREDICTED_CONFIDENCE_KEY: confidence}
