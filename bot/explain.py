"""`warmline explain`: what is understood of a text, and why.

The trained models read the text as they do in the worker; the components then say what their decisions rest on.
Articles are those of the files, whatever the database has. Nothing is stored, and no text is logged.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from bot import knowledge
from bot.brain import Brain
from bot.business import Business, load_business
from bot.escalation import is_suspicion
from bot.graph import InOrder
from bot.knowledge import Index, question_in
from bot.language import LanguageOfCustomers
from bot.nlu.hybrid import Prediction
from bot.nlu.intents import HybridIntentClassifier
from bot.records import Understanding
from bot.terminal import say
from bot.train import trained_model, usable_models

Report = Mapping[str, Any]
"""What is known about one text, ready for JSON: numbers to three decimals, times in milliseconds."""

_WIDTH, _LABEL, _NAME = 80, 10, 22  # columns
_INTENTS = 3  # of a ranking that people read
_LEAST_SHOWN = 0.05  # ms


@dataclass(frozen=True)
class Explainer:
    """What takes part in understanding: a brain, an index for each of its languages, and what tells them apart."""

    business: Business
    brain: Brain
    indexes: Mapping[str, Index]
    detector: LanguageOfCustomers | None

    @classmethod
    def load(cls, root: Path, language: str | None = None) -> "Explainer":
        """That of the project at `root`, the working directory, for one language or all; takes some seconds.

        Raises CommandError for a language that the business does not have, StartError for one without a model,
        ConfigurationError for a file that cannot be used.
        """
        business = load_business(root)
        if language is not None:
            business.require_language(language)
        models = {name: model for name, model in usable_models(root).items() if language in (None, name)}
        for name, model in models.items():
            if trained_model(root, name) is None:
                say(f"The project has changed since {model.name} was trained. Fix: run `warmline train`.")
        say("Loading models and articles …")
        with ThreadPoolExecutor() as pool:  # articles are encoded while Rasa loads
            building = {name: pool.submit(knowledge.current, name) for name in models}
            brain = Brain(models)
            indexes = {name: index.result() for name, index in building.items()}
        loaded = cls(business, brain, indexes, LanguageOfCustomers(business) if language is None else None)
        for name in models:
            loaded._report("hello", name)  # what loads at the first message would count as its time
        return loaded

    def report(self, text: str) -> Report:
        """What is understood of `text`, as the first message of somebody new."""
        first = next(iter(self.indexes))
        return self._report(text, self.detector.detect(text, first, settled=False) if self.detector else first)

    def _report(self, text: str, language: str) -> Report:
        graph = self.brain.graph(language)
        understood = asyncio.run(self.brain.understand(text, language=language))
        seconds = dict(_seconds(graph))
        began = perf_counter()
        articles = _articles(self.indexes[language], question_in(text, self.business))
        seconds["articles"] = perf_counter() - began
        return {
            "text": text,
            "language": language,
            "intent": _intent(understood, graph),
            "mood": {**understood.mood.to_json(), "suspicion": is_suspicion(understood, heat=0.0)},
            "entities": [dict(entity) for entity in understood.entities],
            "articles": articles,
            "milliseconds": {part: round(1_000 * taken, 2) for part, taken in seconds.items()},
        }


def _seconds(graph: InOrder) -> Iterator[tuple[str, float]]:
    """What each component of the pipeline took; the first that needs the text's vector pays for it."""
    for node, taken in graph.seconds.items():
        if node.startswith("run_"):
            yield type(graph.components[node]).__name__, taken


def _intent(understood: Understanding, graph: InOrder) -> Report:
    report = {"name": understood.intent, "confidence": round(understood.confidence, 3)}
    text = understood.parse["text"]
    ours = (each for each in graph.components.values() if isinstance(each, HybridIntentClassifier))
    why = next((classifier.explain(text) for classifier in ours), None)
    if why is None:  # another classifier, of which only the ranking is known
        ranking = understood.parse.get("intent_ranking", ())
        known = [{"intent": each["name"], "confidence": each["confidence"]} for each in ranking]
        return {**report, "ranking": [_rounded(each) for each in known], "examples": []}
    found = why.decision.found
    return {
        **report,
        "rule": why.rules,
        "sentence": found.text if found.text != text else None,
        "understood": why.decision.sure,
        "threshold": round(why.threshold, 3),
        "lead": round(found.probabilities[0] - sum(found.probabilities[1:2]), 3),
        "ambiguity": why.ambiguity,
        "belonging": round(found.belonging, 3),
        "ranking": _ranking(found),
        "examples": [_rounded(asdict(example)) for example in why.nearest],
    }


def _ranking(found: Prediction) -> list[Report]:
    columns = {
        "intent": found.intents,
        "meaning": found.meaning,
        "wording": found.wording,
        "fused": found.fused,
        "nearest": found.nearest,
        "centre": found.centre,
        "confidence": found.confidences,
        "probability": found.probabilities,
    }
    return [_rounded(dict(zip(columns, row, strict=True))) for row in zip(*columns.values(), strict=True)]


def _articles(index: Index, question: str) -> Report:
    found = index.explain(question)
    return {
        "kind": found.hits.kind,
        "shown": [hit.article_id for hit in found.hits.hits],
        "gap": next((fit.id for fit in found.fits[:1] if fit.gap and fit.score >= found.limits.relevant), None),
        "limits": _rounded(asdict(found.limits)),
        "fits": [_rounded({**asdict(fit), "score": fit.score}) for fit in found.fits],
    }


def _rounded(numbers: Mapping[str, Any]) -> Report:
    return {name: round(value, 3) if isinstance(value, float) else value for name, value in numbers.items()}


def _mood_line(mood: Mapping[str, Any]) -> str:
    if mood["suspicion"]:
        return f"{mood['kind']} {mood['strength']:.3f}, only a suspicion without heat before it"
    return f"{mood['kind']} {mood['strength']:.2f}" if mood["strength"] else str(mood["kind"])


def readable(report: Report) -> str:
    """`report` for people, in lines of at most 80 columns, the last one empty."""
    intent, mood = report["intent"], report["mood"]
    parts = {
        "language": [report["language"]],
        "intent": _intent_lines(intent),
        "examples": [f"{each['cosine']:.2f}  {each['intent']:{_NAME}}{each['text']}" for each in intent["examples"]],
        "mood": [
            _mood_line(mood),
            *(f"{each['cue']:{_NAME}}{_quoted(each)}" for each in mood["evidence"]),
        ],
        "entities": [f"{each['entity']:{_NAME}}{each['value']}, {_quoted(each)}" for each in report["entities"]],
        "articles": _article_lines(report["articles"]),
        "time": [f"{part:{_NAME}}{ms:6.1f} ms" for part, ms in report["milliseconds"].items() if ms >= _LEAST_SHOWN],
    }
    lines = [f'"{report["text"]}"']
    for label, own in parts.items():
        lines += [f"{'' if place else label:{_LABEL}}{line}" for place, line in enumerate(own or ["none"])]
    return "\n".join([*(_cut(" ".join(line.split("\n")), _WIDTH) for line in lines), ""])


def _intent_lines(intent: Report) -> list[str]:
    best = intent["ranking"][:_INTENTS]
    if "rule" not in intent:
        return [intent["name"], *_table("intent", ("confidence",), best)]
    return [
        f"{intent['name']}{_because(intent)}",
        f"confidence {best[0]['confidence']:.2f}, needs {intent['threshold']:.2f};"
        f" {intent['lead']:.2f} ahead of the next, needs {intent['ambiguity']:.2f}",
        *_background_lines(intent["belonging"]),
        *_table("intent", ("meaning", "wording", "fused", "nearest", "centre", "confidence"), best),
    ]


def _background_lines(belonging: float) -> list[str]:
    shown = f"{belonging:.2f}"
    return [] if shown == "1.00" else [f"every confidence × {shown}, for it is like the background"]


def _because(intent: Report) -> str:
    if intent["rule"]:
        return f", by a rule of {intent['rule']}"
    if intent["sentence"]:
        return f', because of "{intent["sentence"]}"'
    return "" if intent["understood"] else ": not understood"


def _article_lines(articles: Report) -> list[str]:
    kind, limits = articles["kind"], articles["limits"]
    fits = [{**fit, "id": f"gap {fit['id']}" if fit["gap"] else fit["id"]} for fit in articles["fits"]]
    return [
        f"{kind}: the gap {articles['gap']} is nearest" if articles["gap"] else kind,
        f"shown from {limits['relevant']:.2f}, clear if {limits['margin']:.2f} ahead of that and of the next",
        *_table("id", ("meaning", "spelling", "exact", "score"), fits),
    ]


def _table(name: str, parts: Sequence[str], rows: Sequence[Report]) -> list[str]:
    """A head and a line for each of `rows`: what it has as `name`, then the numbers of its `parts`."""
    lines = [f"{'':{_NAME}}{''.join(f' {part}' for part in parts)}"]
    for row in rows:
        numbers = (f"{row[part]:{len(part) + 1}.2f}" for part in parts)
        lines.append(f"{_cut(row[name], _NAME):{_NAME}}{''.join(numbers)}")
    return lines


def _quoted(found: Report) -> str:
    return f'"{found["text"]}" at {found["start"]}'


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"
