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


@pytest.mark.parametrize(
    "text",
    [
        "I want to kill myself",
        "I don't want to live any more",
        "i dont want to live anymore",
        "I just want to die",
        "I feel suicidal since the fire",
        "I'm thinking about ending my life",
        "I am going to take my own life",
        "there's no reason to live",
        "everyone would be better off without me",
        "I don’t want to wake up any more.",
        "if nobody helps me I'm going to hurt myself",
        "I can't go on living like this",
    ],
)
def test_somebody_who_may_harm_themselves_is_no_threat_to_us(text: str, model: MoodModel) -> None:
    """They are worried as strongly as can be, with a cue of its own, so that they are met with care at once."""
    for found in (feel(text, load_encoder().features, None), feel(text, load_encoder().features, model)):
        assert (found.kind, found.strength) == ("worried", 1.0)
        assert [each.cue for each in found.evidence] == ["self_harm"]


@pytest.mark.parametrize(
    "text",
    [
        "I nearly killed myself on the loose cable",
        "I cut myself on the sharp edge of the shade",
        "how do I mount it without hurting myself",
        "I'm going to kill myself trying to assemble this",
        "I don't want to live with a broken lamp",
        "I don't want to live in the dark any more",
        "I want the light to die slowly, can it dim",
        "can I hang the lamp myself",
        "I want to end it all, cancel my account",
        "no point in living room lamps that don't dim",
    ],
)
def test_a_figure_of_speech_is_no_cry_for_help(text: str, model: MoodModel) -> None:
    """Injuries by a product, hyperbole and plain wishes carry no such cue, and are no threat either."""
    found = feel(text, load_encoder().features, model)
    assert found.kind not in GRAVE and "self_harm" not in {each.cue for each in found.evidence}


def test_a_threat_to_others_stays_one_when_self_harm_is_added(model: MoodModel) -> None:
    """Whoever is in danger beside the writer counts first."""
    assert kind("I will kill you and then myself", model) == "threatening_physical"
    assert kind("I'm going to shoot your driver and then kill myself", None) == "threatening_physical"
