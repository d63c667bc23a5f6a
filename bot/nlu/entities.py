"""Rasa component: what the message names."""

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.exceptions import RasaException
from rasa.shared.nlu.constants import ENTITIES, METADATA, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.business import FILE, load_business
from bot.errors import ConfigurationError, WarmlineError
from bot.nlu.encoder import DEFAULT, check_signature, files_of, load_encoder, sign
from bot.nlu.entity_model import ENGLISH, EntityModel, load, read_examples, save
from bot.nlu.entity_rules import Entity, Extractor, trained
from bot.nlu.fingerprint import fingerprint
from bot.nlu.modelfile import EncoderError

log = structlog.get_logger(__name__)

_FILE = "entities.npz"
TIME_ZONE = "time_zone"  # in the metadata of a message


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class EntityExtractor(GraphComponent):  # type: ignore[misc]  # Rasa has no types
    """Adds entities: by rules and well-kept parsers, and by examples where it matters who or what is meant.

    Products, remedies and the shape of order numbers come from business.yml; without that file the
    other kinds are found all the same. Days and times are those of the customer's time zone, an IANA name
    that a message may have as `time_zone` in its metadata; else of the business's.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Settings of config.yml.

        business: the folder of business.yml, relative to the working directory
        encoder: as of the intents; messages are encoded once if both have the same
        examples: file of what shows names and remedies asked for, by name or not; None for the English one here
        """
        return {"business": ".", "encoder": DEFAULT, "examples": None}

    @staticmethod
    def fingerprint_addon(config: dict[str, Any]) -> str:
        """Trains again when the examples, the lexicons or what the business sells change."""
        config = {**EntityExtractor.get_default_config(), **config}
        examples = [Path(config["examples"])] if config["examples"] else []
        return fingerprint([*examples, Path(config["business"], FILE), *files_of(config["encoder"])])

    def __init__(
        self, config: dict[str, Any], storage: ModelStorage, resource: Resource, model: EntityModel | None
    ) -> None:
        self._config = config
        self._storage = storage
        self._resource = resource
        folder = Path(config["business"])
        try:
            self._business = load_business(folder) if (folder / FILE).is_file() else None
            self._encoder = load_encoder(config["encoder"])
        except WarmlineError as error:
            raise RasaException(str(error)) from error
        self._zone = self._business.zone if self._business else None
        self._extractor = Extractor(self._business, model, self._encoder) if model else None
        if self._extractor is not None:
            self._extractor.find("", datetime.now())  # reads its word lists now, and not at the first message

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "EntityExtractor":
        """An extractor for the business in the working directory that has learnt nothing yet."""
        return cls(config, model_storage, resource, None)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "EntityExtractor":
        """The extractor as it was trained. Raises RasaException when that was with another encoder."""
        try:
            with model_storage.read_from(resource) as folder:
                loaded = cls(config, model_storage, resource, load(folder / _FILE))
                check_signature(folder, loaded._encoder)
                return loaded
        except EncoderError as error:
            raise RasaException(str(error)) from error

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from the file of examples; those of the intents show ordinary words."""
        others = [message.get(TEXT) for message in training_data.intent_examples if message.get(TEXT)]
        try:
            examples = read_examples(Path(self._config["examples"] or ENGLISH))
        except ConfigurationError as error:
            raise RasaException(str(error)) from error
        self._extractor = trained(self._business, examples, self._encoder, others)
        log.info(
            "entities.trained",
            names=len(examples.names),
            remedies=len(examples.remedies),
            unnamed=len(examples.unnamed),
        )
        with self._storage.write_to(self._resource) as folder:
            save(self._extractor.model, folder / _FILE)
            sign(folder, self._encoder)
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Nothing that follows learns from entities."""
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Put the entities on every message."""
        if self._extractor is None:
            raise RasaException("EntityExtractor: it has to be trained first. Fix: train the model.")
        for message in messages:
            now = datetime.now(self._zone_of(message)).replace(tzinfo=None)
            found = [_in_rasas_format(each) for each in self._extractor.find(message.get(TEXT) or "", now)]
            message.set(ENTITIES, [*message.get(ENTITIES, []), *found], add_to_output=True)
        return messages

    def _zone_of(self, message: Message) -> ZoneInfo | None:
        """The customer's time zone where it is known, else that of the business."""
        name = (message.get(METADATA) or {}).get(TIME_ZONE)
        try:
            return ZoneInfo(name) if name else self._zone
        except (KeyError, ValueError, OSError):  # no such zone; a client may send anything, also the name of a folder
            return self._zone


def _in_rasas_format(entity: Entity) -> dict[str, Any]:
    return {
        "entity": entity.entity,
        "value": entity.value,
        "start": entity.start,
        "end": entity.end,
        "text": entity.text,
        "confidence_entity": 1.0,
        "extractor": EntityExtractor.__name__,
    }
