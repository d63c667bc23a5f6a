"""How the customer feels."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.nlu.cues import ENGLISH
from bot.nlu.encoder import load_encoder
from bot.nlu.mood_examples import ExamplesError, model_of, read
from bot.nlu.mood_file import load
from bot.nlu.moods import MoodModel, feel, train

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "data/mood/en.yml"
GRAVE = ("abusive", "threatening_legal", "threatening_physical")
FEW = {
    "calm": "where is my parcel|can I pay by card|which bulb fits|do you ship to Spain|when do you open",
    "worried": "I fear it is lost",
    "disappointed": "what a pity",
    "frustrated": "I asked three times already",
    "angry": "this is a disgrace",
    "abusive": "you worthless bot",
    "threatening_legal": "my lawyer will write to you",
    "threatening_physical": "I will find you and hurt you",
}


@pytest.fixture(scope="module")
def model() -> MoodModel:
    return load(EXAMPLES.with_suffix(".npz"))  # not learnt anew, so that it is seen when it is of other examples


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
    ("text", "kind_of_threat"),
    [
        ("im getting a layer involved if this isnt sorted by friday", "threatening_legal"),
        ("I have spoken to my sollicitor and he says I have a strong case", "threatening_legal"),
        ("see u in kort", "threatening_legal"),
        ("Trading Standarts will hear about this", "threatening_legal"),
        ("You'll be served papers next week", "threatening_legal"),
        ("Consider this formal notice. You have 14 days.", "threatening_legal"),
        ("unless I get a reply today my husband, who is a lawyer, takes over", "threatening_legal"),
        ("I won't hesitate to sue", "threatening_legal"),
        ("let's see what a judge says about that", "threatening_legal"),
        ("I've got a rifle and nothing to lose", "threatening_physical"),
        ("a molotov would look good in your showroom", "threatening_physical"),
        ("im gonna k1ll you", "threatening_physical"),
        ("next time your courier shows up he'll leave in an ambulance", "threatening_physical"),
        ("would be a shame if something happened to your nice shop", "threatening_physical"),
        ("I'm coming over with a hammer", "threatening_physical"),
        ("if I see that driver again I'll kill him", "threatening_physical"),
        ("there's a bomb in your warehouse", "threatening_physical"),
        # who watches over us
        ("my laywer files on Monday", "threatening_legal"),
        ("Next step is Ofgem.", "threatening_legal"),
        ("either it stops or the regulator gets every mail", "threatening_legal"),
        ("Explain it to me or to a magistrate", "threatening_legal"),
        ("I have an appointment with a solicitor about your company", "threatening_legal"),
        ("let the police deal with it then", "threatening_legal"),
        ("no payment by Friday means court", "threatening_legal"),
        ("settle it before it gets legal", "threatening_legal"),
        # a "not" that denies nothing
        ("don't make me call my lawyer", "threatening_legal"),
        ("you think I won't sue?", "threatening_legal"),
        ("don't make me come down there", "threatening_physical"),
        ("I can't promise I won't hit him", "threatening_physical"),
        # what is known of us, what happened to others, what we will need
        ("I know where your branch is.", "threatening_physical"),
        ("I know when your shift ends", "threatening_physical"),
        ("the last guy who cheated me still limps", "threatening_physical"),
        ("people have been stabbed for less", "threatening_physical"),
        ("people like you end up with broken legs", "threatening_physical"),
        ("your engineer is going to need stitches", "threatening_physical"),
        ("he won't walk out of my house again", "threatening_physical"),
        ("You'd better get some security.", "threatening_physical"),
        ("your people should stay at home tomorrow", "threatening_physical"),
        ("be careful walking home", "threatening_physical"),
        ("I'm coming to your office and it won't be pretty", "threatening_physical"),
        ("il cut all your cables", "threatening_physical"),
        ("you b@stards", "abusive"),
        ("what an i d i o t you are", "abusive"),
        ("shove your lamp where the sun doesn't shine", "abusive"),
        ("your staff are brainless monkeys", "abusive"),
    ],
)
def test_veiled_conditional_and_misspelt_threats_are_found(text: str, kind_of_threat: str) -> None:
    """What is announced, implied or written badly is found without any training (P12, P13)."""
    assert kind(text, None) == kind_of_threat


@pytest.mark.parametrize(
    "text",
    [
        # somebody else's lawyer, court or police
        "my lawyer friend says your sofas are great",
        "My solicitor's bill came today so I'm looking for a cheaper sofa",
        "we're furnishing a new law firm, do you give discounts",
        "My ex took me to court and kept the sofa so I need a new one",
        "I will be in court on Thursday so nobody is at home for the delivery",
        "I filed a police report for the stolen package, do you want a copy?",
        "what does the consumer ombudsman say about returns?",
        "I read in the Forbrukerrådet test that the Nord lamp is best. In stock?",
        "do I need a lawyer to get a simple answer here",
        "please don't send a bailiff, I paid yesterday",
        "I read about the lawsuit, is my model affected?",
        "Can the energy ombudsman tell me which tariff is cheapest?",
        "is Ofcom the right place to ask about masts",
        "I have an appointment with my lawyer on Friday, please deliver on Saturday",
        # what others said, wrote or filmed
        'my son wrote "I\'ll kill you" in the review box, can you delete it',
        '"see you in court" is the name of the board game I ordered, when does it come',
        "the courier told me to fuck off",
        "my daughter says she'll burn the house down if she can't have the pink lamp",
        # idioms, accidents and tools
        "drop dead gorgeous lamp",
        "the photo bomb in your catalogue, is that dog for sale",
        "watch your back when you lift it, the box is heavy",
        "you are dead right, it was the fuse",
        "the edge is sharp, my kid could get hurt",
        "be careful driving home in this snow",
        "I know where your shop is, I only need the opening hours",
        "I know where your office is. Can I park there?",
        "I'm coming to your shop tomorrow, will it be open?",
        "your staff should stay home if they are ill, take your time",
        "it would be a shame if something happened to it in the post",
        "the sofa has to be carried upstairs by two people",
        "don't make me come twice to collect it",
        "shut up and take my money",
        "bring a hammer when you install it please",
        "I will shoot you the photos tonight",
        "I'm going to set up the shop window with your lamps",
        "hmm the screw you mention doesn't budge",
        # denied, or meant for oneself or a thing
        "I'm not going to sue you, just tell me where it is",
        "this isn't a stupid bot",
        "you must think I'm an idiot, it was unplugged",
        "your dumb form ate my address again",
    ],
)
def test_a_rule_asks_who_is_meant(text: str) -> None:
    """A rule outvotes the model, so it counts only what is aimed at us (P13)."""
    assert kind(text, None) not in GRAVE


def test_hostile_text_does_not_change_what_is_found() -> None:
    """Text made to be slow to match still comes out calm, and what stands before it is still found."""
    for unit in ("a ", "the local ", "i will ", '"a', "you are a total ", " ", "!?.,;"):
        padding = (unit * 2_000)[:2_000]
        assert kind(padding, None) == "calm"
        assert kind(f"I will sue you. {padding}", None) == "threatening_legal"


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
        "i'll be home after six",
        "I will come by your store tomorrow to pick it up",
        "My husband will be at home",
        "he lives next door",
        "I will look at it tonight",
        "I'll remember that for next time",
        "someone will be there to sign",
        "then I'll have to find another shop",
        "I know the driver, he's always on time",
        "I'm waiting outside your shop",
        "I know where the warehouse is, I can pick it up",
        "You have my address",
        "I have all the emails saved if you need them",
        "We need to talk about the invoice",
        "I studied law so I read the terms with interest",
        "he said he'd call me back",
    ],
)
def test_plain_statements_in_the_words_of_threats_are_none(text: str, model: MoodModel) -> None:
    """Whoever is alarmed by "I'll be home after six" stops looking (P12)."""
    assert not kind(text, model).startswith("threatening")


@pytest.mark.parametrize(
    "text",
    [
        "My boss is furious about this, but I only need the new delivery date.",
        "not angry at all, could you just check the invoice?",
        "Which bulb do I need for the floor lamp?",
        "Hello, one leg of the table is missing. Could you send it?",
        "WOW!!! IT IS HERE ALREADY!!! THANK YOU",
        "Just tell me the price.",
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
        ("I have never been this angry with a company", {"angry"}),
        ("How can you sleep at night, taking money from a sick woman?", {"angry"}),
        ("Who do you think you are? I want this put right, today.", {"angry"}),
        ("don't you dare give me that excuse", {"angry"}),
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


def write(examples: Path, texts: Mapping[str, str]) -> None:
    lines = (f"{kind}: |\n" + "".join(f"  - {text}\n" for text in said.split("|")) for kind, said in texts.items())
    examples.write_text("\n".join(lines), "utf-8")


def test_moods_are_learnt_only_when_their_examples_change(tmp_path: Path) -> None:
    """The model lies beside its examples; it is read when it is of them, whatever happened to the file meanwhile."""
    examples, kept = tmp_path / "en.yml", tmp_path / "en.npz"
    write(examples, FEW)
    learnt = model_of(examples, load_encoder(), ENGLISH)
    as_learnt, written = kept.read_bytes(), kept.stat().st_ino
    again = model_of(examples, load_encoder(), ENGLISH)
    assert learnt is not None and again is not None
    assert kept.stat().st_ino == written
    for text in ("this is a disgrace", "where is it", "I'm scared it will burn"):
        assert kind(text, again) == kind(text, learnt)
    middle = len(as_learnt) // 2
    for damaged in (as_learnt[:1000], as_learnt[: middle - 50] + b"?" * 100 + as_learnt[middle + 50 :]):
        kept.write_bytes(damaged)
        assert model_of(examples, load_encoder(), ENGLISH) and kept.read_bytes() == as_learnt
    write(examples, {**FEW, "worried": "I fear it is lost|will it explode"})
    assert model_of(examples, load_encoder(), ENGLISH) and kept.read_bytes() != as_learnt
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith(".")] == []


def test_a_project_that_may_not_be_written_to_learns_all_the_same(tmp_path: Path) -> None:
    """The model beside the examples saves time, nothing else."""
    examples = tmp_path / "en.yml"
    write(examples, FEW)
    (tmp_path / "en.npz").mkdir()
    assert model_of(examples, load_encoder(), ENGLISH)
    assert {file.name for file in tmp_path.iterdir()} == {"en.yml", "en.npz"}


@pytest.mark.parametrize("wrong", ["calm: [a, b]", "- calm", "furious: |\n  - grr", "calm: |\n - a\n\tb: c"])
def test_a_mistake_in_the_examples_is_named_with_its_file(tmp_path: Path, wrong: str) -> None:
    """A developer who adds a mood sees where it went wrong."""
    (tmp_path / "en.yml").write_text(wrong, "utf-8")
    with pytest.raises(ExamplesError, match=r"en\.yml"):
        read(tmp_path / "en.yml")


def test_examples_that_are_not_utf_8_are_named_as_well(tmp_path: Path) -> None:
    """An editor's other encoding is a mistake like any other."""
    (tmp_path / "en.yml").write_bytes("calm: |\n  - a café?\n".encode("latin-1"))
    with pytest.raises(ExamplesError, match=r"en\.yml"):
        read(tmp_path / "en.yml")


def test_what_is_kept_is_what_the_examples_teach(tmp_path: Path, model: MoodModel) -> None:
    """The model in data/mood/ is of the examples beside it and of the code that learns: only last digits may differ."""
    copied = tmp_path / "en.yml"
    shutil.copy(EXAMPLES, copied)
    shutil.copy(EXAMPLES.with_suffix(".npz"), tmp_path)
    before = copied.with_suffix(".npz").stat().st_mtime_ns
    model_of(copied, load_encoder(), ENGLISH)
    assert copied.with_suffix(".npz").stat().st_mtime_ns == before, (
        "Fix: raise _WAY in bot/nlu/mood_examples.py, then warmline train."
    )
    examples = read(EXAMPLES)
    taught = train(examples, load_encoder().features)
    asked = [text for texts in examples.values() for text in texts[::40]]
    same = sum(kind(text, model) == kind(text, taught) for text in asked)
    assert same >= 0.98 * len(asked), "Fix: raise _WAY in bot/nlu/mood_examples.py, then warmline train."


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
