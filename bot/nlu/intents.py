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
from bot.nlu.hybrid import Hybrid, Prediction
from bot.nlu.hybrid_file import load, save
from bot.nlu.hybrid_training import train
from bot.nlu.intent_rules import read_rules, sentences
from bot.nlu.modelfile import EncoderError
from bot.nlu.neighbours import Neighbour
from bot.records import SELF_HARM

log = structlog.get_logger(__name__)

_FILE = "intents.npz"
_MOST_SENTENCES = 8  # each takes as long as a message
# Probability from which a sentence may speak for its message. Of 310 messages of several sentences that were left
# out of training, five change then, four of them for the better; from 0.8 on it is twelve and eight.
_CERTAIN = 0.9
# A sentence is encoded only if one of so many intents that its words speak for matters. In 1,073 messages of several
# sentences, four spare 42 % of them and change none, three spare half and change one; the certain one was among the
# first four in each of 313 examples that were left out of training.
_AT_FIRST_SIGHT = 4


@dataclass(frozen=True)
class Decision:
    """How the intent of a message came about.

    `found` is what the models make of the message, or of the one sentence that speaks for it (`found.text`), and
    `sure` whether that is enough. `rule` is the intent that a rule found; it goes before all but a graver one that is
    certain.
    """

    found: Prediction
    sure: bool
    rule: str | None


@dataclass(frozen=True)
class Explanation:
    """A decision with what it was measured by.

    `threshold` is the least confidence and `ambiguity` the least lead in probability of what is understood.
    `rules` names the file of `decision.rule`; `nearest` are the training examples nearest to `decision.found.text`.
    """

    decision: Decision
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
        rules = [Path(config["rules"])] if config.get("rules") else []
        return fingerprint([*rules, *files_of(config.get("encoder", DEFAULT))])

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource, model: Hybrid | None) -> None:
        self._config = config
        self._storage = storage
        self._resource = resource
        self._model = model
        try:
            self._encoder = load_encoder(config["encoder"])
            self._rules = read_rules(Path(config["rules"])) if config["rules"] else None
        except WarmlineError as error:
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
            self._model = train(texts, intents, self._encoder, rejection=self._config["rejection"], background=others)
        except CannotLearn as error:
            raise RasaException(str(error)) from error
        log.info(
            "intents.trained",
            examples=len(texts),
            intents=len(self._model.intents),
            weight=self._model.fusion.weight,
            sharpness=self._model.fusion.sharpness,
            threshold=round(self._model.threshold, 3),
        )
        with self._storage.write_to(self._resource) as folder:
            save(self._model, folder / _FILE)
            sign(folder, self._encoder)
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

    def explain(self, text: str) -> Explanation | None:
        """Why `text` has the intent that `process` gives it; None for a classifier that has learnt nothing."""
        if (model := self._model) is None:
            return None
        decision = self._decide(model, text)
        return Explanation(
            decision,
            threshold=model.threshold,
            ambiguity=self._config["ambiguity"],
            rules=self._config["rules"] if decision.rule else None,
            nearest=tuple(model.nearest_examples(self._encoder.features([decision.found.text])[0])),
        )

    def _ranking(self, text: str) -> list[dict[str, Any]]:
        if (model := self._model) is None:
            return []
        decision = self._decide(model, text)
        found = decision.found
        ranking = [_entry(name, score) for name, score in zip(found.intents, found.confidences, strict=True)]
        if decision.rule:
            return [_entry(decision.rule, 1.0), *(each for each in ranking if each[INTENT_NAME_KEY] != decision.rule)]
        if not decision.sure:
            # As Rasa's own FallbackClassifier does, so that its rules and tests apply unchanged.
            ranking.insert(0, _entry(DEFAULT_NLU_FALLBACK_INTENT_NAME, model.threshold))
        return ranking

    def _decide(self, model: Hybrid, text: str) -> Decision:
        found = self._understood(model, text)
        sure = self._is_sure(model, found) and bool(text.strip())
        ruled = self._ruled(text, found if sure else None)
        return Decision(found, sure, ruled if ruled in model.intents else None)

    def _ruled(self, text: str, sure: Prediction | None) -> str | None:
        """What the rules say, unless `sure` is certain of what stands before it in `by_sentence`."""
        ruled = self._rules.find(text) if self._rules else None
        if self._rules is None or ruled is None or sure is None:
            return ruled
        order = self._config["by_sentence"]
        graver = order[: order.index(ruled)] if ruled in order else []
        overruled = sure.intents[0] in graver and sure.probabilities[0] >= _CERTAIN
        # Distress is never called a threat.
        return None if overruled and not self._rules.cues.shows(text, [SELF_HARM]) else ruled

    def _understood(self, model: Hybrid, text: str) -> Prediction:
        """What `text` says as a whole, or in the one sentence that matters more."""
        whole, asides, urgent = self._predicted(model, text), self._config["asides"], self._config["by_sentence"]
        sure = self._is_sure(model, whole)
        settled = sure and whole.intents[0] not in asides
        parts = sentences(text)[:_MOST_SENTENCES]
        if len(parts) < 2 or (settled and not urgent):
            return whole
        # A sentence may settle a doubt, but a short one out of its context must not raise a new matter.
        open_to = () if settled else model.intents if sure else whole.intents[:2]
        matter = {*urgent, *open_to}
        said = [self._predicted(model, part) for part in parts if matter & {*model.worded(part, most=_AT_FIRST_SIGHT)}]
        clear = [found for found in said if self._is_sure(model, found) and found.probabilities[0] >= _CERTAIN]
        for intent in urgent:
            if matters := [found for found in clear if found.intents[0] == intent]:
                return matters[0]
        telling = [found for found in clear if found.intents[0] in open_to and found.intents[0] not in asides]
        return max(telling, key=lambda found: found.confidences[0], default=whole)

    def _predicted(self, model: Hybrid, text: str) -> Prediction:
        features = self._encoder.features([text])[0]
        refuted = self._rules.refuted(text) if self._rules else ()
        return model.predict(text, features, most=self._config["ranking_length"], without=refuted)

    def _is_sure(self, model: Hybrid, found: Prediction) -> bool:
        second = found.probabilities[1] if len(found.probabilities) > 1 else 0.0
        clear = found.probabilities[0] - second >= self._config["ambiguity"]
        return clear and found.confidences[0] >= model.threshold


def _entry(name: str | None, confidence: float) -> dict[str, Any]:
    return {INTENT_NAME_KEY: name, PREDICTED_CONFIDENCE_KEY: confidence}
