"""The intent of a message: what rules say, what the models make of it, and of which of its sentences."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.nlu.encoder import Encoder
from bot.nlu.hybrid import Hybrid, Prediction
from bot.nlu.intent_rules import IntentRules
from bot.nlu.sentences import sentences
from bot.records import SELF_HARM

_MOST_SENTENCES = 8  # each takes as long as a message
# Probability from which a sentence may speak for its message. Of 310 messages of several sentences that were left
# out of training, five change then, four of them for the better; from 0.8 on it is twelve and eight.
_CERTAIN = 0.9
# A sentence is encoded only if one of so many intents that its words speak for matters. In 1,073 messages of several
# sentences, four spare 42 % of them and change none, three spare half and change one; the certain one was among the
# first four in each of 313 examples that were left out of training.
_AT_FIRST_SIGHT = 4


@dataclass(frozen=True)
class IntentDecision:
    """How the intent of a message came about.

    `found` is what the models make of the message, or of the one sentence that speaks for it (`found.text`), and
    `sure` whether that is enough. `rule` is the intent that a rule found; it goes before all but a graver one that is
    certain.
    """

    found: Prediction
    sure: bool
    rule: str | None


@dataclass(frozen=True)
class Decider:
    """Decides with `model`, and with `rules` if there are any.

    `ambiguity` is the least distance between the probabilities of the first two intents, `ranking_length` how many
    intents are predicted. For intents `by_sentence` one sure sentence among others is enough, the gravest first;
    `asides` are the intent of a message only if no other sentence of it says more.
    """

    model: Hybrid
    encoder: Encoder
    rules: IntentRules | None
    ambiguity: float
    ranking_length: int
    by_sentence: Sequence[str]
    asides: Sequence[str]

    def decide(self, text: str) -> IntentDecision:
        """What `text` says, and why."""
        found = self._understood(text)
        sure = self._is_sure(found) and bool(text.strip())
        ruled = self._ruled(text, found if sure else None)
        return IntentDecision(found, sure, ruled if ruled in self.model.intents else None)

    def _ruled(self, text: str, sure: Prediction | None) -> str | None:
        """What the rules say, unless `sure` is certain of what stands before it in `by_sentence`."""
        ruled = self.rules.find(text) if self.rules else None
        if self.rules is None or ruled is None or sure is None:
            return ruled
        graver = self.by_sentence[: self.by_sentence.index(ruled)] if ruled in self.by_sentence else []
        overruled = sure.intents[0] in graver and sure.probabilities[0] >= _CERTAIN
        # Distress is never called a threat.
        return None if overruled and not self.rules.cues.shows(text, [SELF_HARM]) else ruled

    def _understood(self, text: str) -> Prediction:
        """What `text` says as a whole, or in the one sentence that matters more."""
        whole, asides, urgent = self._predicted(text), self.asides, self.by_sentence
        sure = self._is_sure(whole)
        settled = sure and whole.intents[0] not in asides
        parts = sentences(text)[:_MOST_SENTENCES]
        if len(parts) < 2 or (settled and not urgent):
            return whole
        # A sentence may settle a doubt, but a short one out of its context must not raise a new matter.
        open_to = () if settled else self.model.intents if sure else whole.intents[:2]
        matter = {*urgent, *open_to}
        said = [self._predicted(part) for part in parts if matter & {*self.model.worded(part, most=_AT_FIRST_SIGHT)}]
        clear = [found for found in said if self._is_sure(found) and found.probabilities[0] >= _CERTAIN]
        for intent in urgent:
            if matters := [found for found in clear if found.intents[0] == intent]:
                return matters[0]
        telling = [found for found in clear if found.intents[0] in open_to and found.intents[0] not in asides]
        return max(telling, key=lambda found: found.confidences[0], default=whole)

    def _predicted(self, text: str) -> Prediction:
        features = self.encoder.features([text])[0]
        refuted = self.rules.refuted(text) if self.rules else ()
        return self.model.predict(text, features, most=self.ranking_length, without=refuted)

    def _is_sure(self, found: Prediction) -> bool:
        second = found.probabilities[1] if len(found.probabilities) > 1 else 0.0
        clear = found.probabilities[0] - second >= self.ambiguity
        return clear and found.confidences[0] >= self.model.threshold
