"""How the customer feels."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from bot.nlu.encoder import load_encoder
from bot.nlu.moods import MoodModel, feel, load, save, train

ROOT = Path(__file__).parents[2]
GRAVE = {
    "abusive": ("you worthless bot", "screw you all", "idiots, every one of you"),
    "threatening_legal": ("my lawyer will write to you", "see you in court", "I will sue"),
    "threatening_physical": ("I'll come and smash your shop", "I will find you and hurt you", "you are dead"),
}


@pytest.fixture(scope="module")
def model() -> MoodModel:
    own = YAML(typ="safe", pure=True).load((ROOT / "data/mood/en.yml").read_text(encoding="utf-8"))
    examples = {kind: [line[2:] for line in lines.splitlines()] for kind, lines in own.items()}
    return train({**examples, **GRAVE}, load_encoder().features)


def kind(text: str, model: MoodModel | None) -> str:
    return feel(text, load_encoder().features, model).kind


@pytest.mark.parametrize(
    ("text", "cue", "evidence"),
    [
        ("Pay by Friday or you will hear from my solicitor.", "lawyer", "my solicitor"),
        ("I'll take this to the small claims court", "court", "small claims court"),
        ("I am reporting you to the consumer ombudsman today", "authority", "consumer ombudsman"),
        ("honestly i'm gonna punch your driver", "violence_announced", "punch your driver"),
        ("i will burn your shop down", "damage_announced", "burn your shop"),
        ("What a bunch of morons", "insult", "morons"),
        ("go to hell, all of you", "curse", "go to hell"),
    ],
)
def test_threats_and_insults_are_found_with_the_words_that_prove_them(text: str, cue: str, evidence: str) -> None:
    """Rules work without any training, and their span is in the text as it was written (P12, P13)."""
    found = feel(text, load_encoder().features, None)
    assert found.kind in GRAVE and found.strength >= 0.8
    assert found.evidence[0].cue == cue and evidence in found.evidence[0].text
    assert all(each.text == text[each.start : each.end] for each in found.evidence)


@pytest.mark.parametrize(
    "text",
    [
        "How long is the legal warranty?",
        "I'm a lawyer and need a desk lamp for my office",
        "can you deliver to the police station on Court Street",
        "the kids will kill me if it isn't here by Christmas",
        "I'd like to hit the reset button, where is it?",
        "did my parcel get lost?",
        "I'm such an idiot, I ordered the wrong one",
        "I don't want to involve lawyers, just send the part please",
        "where can I shoot a video of the showroom",
    ],
)
def test_harmless_sentences_with_grave_words_are_no_threat(text: str, model: MoodModel) -> None:
    """Neither rules nor model take a word for a threat."""
    assert kind(text, None) == "calm"
    assert kind(text, model) not in GRAVE


@pytest.mark.parametrize(
    "text",
    [
        "My boss is furious about this, but I only need the new delivery date.",
        "not angry at all, could you just check the invoice?",
        "Which bulb do I need for the floor lamp?",
        "Hello, one leg of the table is missing. Could you send it?",
        "",
        "  ",
        "🙂",
    ],
)
def test_calm_questions_and_quoted_anger_are_calm(text: str, model: MoodModel) -> None:
    """Somebody else's anger, denied anger and plain questions leave the customer calm."""
    assert kind(text, model) == "calm"


@pytest.mark.parametrize(
    ("text", "moods"),
    [
        ("THIS IS OUTRAGEOUS!!! I want my money back NOW", {"angry"}),
        ("I am absolutely livid, you lied to me again", {"angry"}),
        ("I've explained it four times and nobody listens, so tired of this", {"frustrated"}),
        ("oh great, it broke again, just what I needed", {"frustrated"}),
        ("I'm really worried that it got stolen", {"worried"}),
        ("I had expected more from you, what a letdown", {"disappointed"}),
    ],
)
def test_feelings_are_told_apart(text: str, moods: set[str], model: MoodModel) -> None:
    """Each feeling has its own kind, for each is met with other words (P9)."""
    assert kind(text, model) in moods


def test_louder_is_stronger(model: MoodModel) -> None:
    """Capitals, exclamation marks and curses raise the strength, never beyond 1."""
    quiet = feel("This is outrageous, I want my money back", load_encoder().features, model)
    loud = feel("THIS IS FUCKING OUTRAGEOUS!!! I WANT MY MONEY BACK!!!", load_encoder().features, model)
    assert quiet.kind == loud.kind == "angry"
    assert 0.5 <= quiet.strength < loud.strength <= 1


def test_a_stored_model_feels_as_before(model: MoodModel, tmp_path: Path) -> None:
    """Saving and loading changes nothing."""
    save(model, tmp_path / "mood.npz")
    loaded = load(tmp_path / "mood.npz")
    for text in ("this is a disgrace", "where is it", "I'm scared it will burn"):
        assert feel(text, load_encoder().features, loaded).kind == kind(text, model)
