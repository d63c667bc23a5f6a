"""Our own test files, tests/data/*_blind.jsonl, written without a look at what Warmline learns from.

    python -m benchmarks.blind <file to write>

writes the figures for articles and entities, which need no model of `rasa`. Only totals leave this module, never a
row: whoever improves Warmline must not see what it is judged by.
"""

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.datasets import rows
from benchmarks.page import ROOT
from benchmarks.scores import FALLBACK
from bot import knowledge
from bot.articles import load_articles
from bot.business import load_business
from bot.knowledge import Index
from bot.knowledge_limits import Limits
from bot.nlu.encoder import load_encoder
from bot.nlu.entity_model import read_examples
from bot.nlu.entity_rules import Entity, trained
from bot.pipelines import encoder_choice
from bot.records import MOODS

Row = dict[str, Any]

LANGUAGE = "en"  # of the files
OUT_OF_SCOPE = "out_of_scope"
PERSON = "ask_person"
THREATS = ("threatening_legal", "threatening_physical")
HOT = ("angry", "abusive", *THREATS)
WORST = 5  # intents that are named
SHOWN = 3  # articles that a customer may choose from


def load(name: str) -> list[Row]:
    """The rows of tests/data/`name`_blind.jsonl. Raises NoData."""
    return rows(ROOT / "tests" / "data" / f"{name}_blind.jsonl")


def intents(asked: Sequence[Row], found: Sequence[str]) -> Row:
    """Counts as [right, of]. What is out of scope may be nlu_fallback too; nothing else may."""
    right: Counter[str] = Counter()
    of: Counter[str] = Counter()
    for row, intent in zip(asked, found, strict=True):
        allowed = {row["intent"], *row.get("also", ())} | ({FALLBACK} if row["intent"] == OUT_OF_SCOPE else set())
        of[row["intent"]] += 1
        right[row["intent"]] += intent in allowed
    known = [intent for intent in of if intent != OUT_OF_SCOPE]
    worst = sorted(known, key=lambda intent: (right[intent] / of[intent], intent))[:WORST]
    return {
        "right": [sum(right[intent] for intent in known), sum(of[intent] for intent in known)],
        "rejected": [right[OUT_OF_SCOPE], of[OUT_OF_SCOPE]],
        "ask_person": [right[PERSON], of[PERSON]],
        "worst": {intent: [right[intent], of[intent]] for intent in worst},
    }


def moods(asked: Sequence[Row], found: Sequence[str]) -> Row:
    """Counts as [right, of]: `precision` of those called a kind, `recall` of those that are of it.

    A threat called the other kind of threat is one all the same; of calm, [wrongly called hot, of].
    """
    pairs = [(row["kind"], kind) for row, kind in zip(asked, found, strict=True)]
    threats = [said in THREATS for true, said in pairs if true in THREATS]
    calm = [said in HOT for true, said in pairs if true == "calm"]
    return {
        "right": _agreeing(pairs),
        "threats": [sum(threats), len(threats)],
        "calm_called_hot": [sum(calm), len(calm)],
        "precision": {kind: _agreeing([pair for pair in pairs if pair[1] == kind]) for kind in MOODS},
        "recall": {kind: _agreeing([pair for pair in pairs if pair[0] == kind]) for kind in MOODS},
    }


def articles(asked: Sequence[Row], found: Sequence[Sequence[str]]) -> Row:
    """Counts as [right, of] for the articles found, best first: `nothing` where no article answers."""
    answered = [(_articles(row), ids) for row, ids in zip(asked, found, strict=True) if row["article"] is not None]
    unanswered = [ids for row, ids in zip(asked, found, strict=True) if row["article"] is None]
    return {
        "first": [sum(ids[0] in right for right, ids in answered if ids), len(answered)],
        "in_three": [sum(not right.isdisjoint(ids[:SHOWN]) for right, ids in answered), len(answered)],
        "nothing": [sum(not ids for ids in unanswered), len(unanswered)],
    }


def entities(asked: Sequence[Row], found: Sequence[Collection[tuple[str, str]]]) -> Row:
    """Counts as [right, of], where (entity, value as JSON) must be the same: whole messages, and each entity."""
    wanted = [{(each["entity"], written(each["value"])) for each in row["entities"]} for row in asked]
    recall: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    precision: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for want, got in zip(wanted, map(set, found), strict=True):
        for counts, among in ((recall, want), (precision, got)):
            for each in among:
                counts[each[0]][0] += each in want & got
                counts[each[0]][1] += 1
    exact = sum(want == set(got) for want, got in zip(wanted, found, strict=True))
    return {
        "messages": [exact, len(wanted)],
        "recall": dict(sorted(recall.items())),
        "precision": dict(sorted(precision.items())),
    }


def written(value: Any) -> str:
    """An entity's value as text that is the same for the same value."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _agreeing(pairs: Sequence[tuple[str, str]]) -> list[int]:
    return [sum(true == said for true, said in pairs), len(pairs)]


def _articles(row: Row) -> set[str]:
    return {row["article"], *row.get("also", ())}


def _found_articles() -> Row:
    asked, index = load("faq"), knowledge.current(LANGUAGE)
    hits = [index.search(row["text"], limit=SHOWN) for row in asked]
    figures = articles(asked, [[hit.article_id for hit in each.hits] for each in hits])
    clear = [(row, each.hits[0].article_id) for row, each in zip(asked, hits, strict=True) if each.kind == "clear"]
    figures["clear"] = [sum(id in _articles(row) for row, id in clear), len(clear)]
    boundless = _without_limits(index)
    ranked = [[hit.article_id for hit in boundless.search(row["text"], limit=SHOWN).hits] for row in asked]
    figures["ranked"] = {key: articles(asked, ranked)[key] for key in ("first", "in_three")}
    return figures


def _without_limits(index: Index) -> Index:
    """An index that names the nearest articles of `index`, however far they are."""
    business, learned = load_business(ROOT), index.learned
    assert learned is not None
    written = [(each, None) for each in load_articles(ROOT, business) if each.language == LANGUAGE]
    boundless = Index(load_encoder(encoder_choice(ROOT, LANGUAGE, business.languages)))
    boundless.change(put=written, learned=replace(learned, limits=Limits(relevant=-9.0, margin=9.0)))
    return boundless


def _found_entities() -> Row:
    asked, extractor = load("entities"), trained(load_business(ROOT), read_examples(), load_encoder())

    def found(row: Row) -> set[tuple[str, str]]:
        names: list[Entity] = extractor.find(row["text"], datetime.fromisoformat(row["today"]))
        return {(each.entity, written(each.value)) for each in names}

    return entities(asked, [found(row) for row in asked])


def main() -> None:
    """Articles and entities, as JSON."""
    figures = {"articles": _found_articles(), "entities": _found_entities()}
    Path(sys.argv[1]).write_text(json.dumps(figures), "utf-8")


if __name__ == "__main__":
    main()
