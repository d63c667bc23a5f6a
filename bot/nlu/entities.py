"""Rasa component: what the message names."""

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.exceptions import RasaException
from rasa.shared.nlu.constants import ENTITIES, METADATA, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.business import FILE, load_business
from bot.errors import ConfigurationError
from bot.nlu.entity_rules import Entity, Extractor

TIME_ZONE = "time_zone"  # in the metadata of a message


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class EntityExtractor(GraphComponent):  # type: ignore[misc]  # Rasa has no types
    """Adds entities by rules and well-kept parsers; nothing is learnt.

    Products, remedies and the shape of order numbers come from business.yml; without that file the
    other kinds are found all the same. Days and times are those of the customer's time zone, an IANA name
    that a message may have as `time_zone` in its metadata; else of the business's.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`business`: the folder of business.yml, relative to the working directory."""
        return {"business": "."}

    def __init__(self, config: dict[str, Any]) -> None:
        folder = Path(config["business"])
        try:
            business = load_business(folder) if (folder / FILE).is_file() else None
        except ConfigurationError as error:
            raise RasaException(str(error)) from error
        self._zone = business.zone if business else None
        self._extractor = Extractor(business)
        self._extractor.find("", datetime.now())  # reads its word lists now, and not at the first message

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "EntityExtractor":
        """An extractor for the business in the working directory."""
        return cls(config)

    def process(self, messages: list[Message]) -> list[Message]:
        """Put the entities on every message."""
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
