"""What the bot says, driven through `Wording` and the files in data/wording/."""

import re
import shutil
from pathlib import Path

import pytest

from bot.errors import ConfigurationError
from bot.wording import Wording, WordingError, check_wording

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wording() -> Wording:
    return Wording.load(ROOT, "en")


def test_every_template_passes_the_tone_rules() -> None:
    """No text of the bot breaks a rule that agents' drafts are held to (P32, P33)."""
    assert [str(problem) for problem in check_wording(ROOT, "en", "en")] == []


def test_nothing_is_said_twice_in_a_row(wording: Wording) -> None:
    """The variant used longest ago comes next, so all take turns, and the same past gives the same text (P11)."""
    for key, variants in wording.texts.items():
        fields = {name: "x" for variant in variants for name in re.findall(r"\{([^{}\n]*)\}", variant)}
        said: list[str] = []
        for _ in range(2 * len(variants)):
            said.append(wording.say(key, said=said, **fields)[1])
            assert said[-1] == wording.say(key, said=said[:-1], **fields)[1]
        assert said[: len(variants)] == said[len(variants) :]
        assert len(set(said)) == len(variants)


def test_what_is_said_often_has_three_variants(wording: Wording) -> None:
    """Only titles, names, lines of lists, notices and what surrounds a message elsewhere have one text (P11)."""
    single = r"(button|thing|order|amount|remedies\.line|steps\.step|system|limit|email|slack)(\.|$)"
    assert [key for key, texts in wording.texts.items() if len(texts) < 3 and not re.match(single, key)] == []


def test_every_key_that_the_actions_say_exists(wording: Wording) -> None:
    """No action asks for a text that is not there."""
    source = "\n".join(path.read_text() for path in (ROOT / "actions").glob("*.py"))
    keys = re.findall(r'(?:say|phrase|ask_for_more|_ask_helped|_ask_again|_offer)\([^"()]*"([a-z_.]+)"', source)
    keys += re.findall(r'(?:else|given_up=) ?"([a-z_]+\.[a-z_.]+)"', source)
    assert len(keys) > 40
    assert sorted(key for key in keys if key not in wording.texts) == []


def test_a_missing_key_falls_back_to_the_part_before_its_dot(wording: Wording) -> None:
    """A mood or reason without words of its own gets those of the group; a wholly unknown key is an error."""
    assert wording.say("empathy.sleepy.strong", said=())[1].startswith("empathy#")
    assert wording.say("handoff.consent.new_reason", said=())[1].startswith("handoff.consent#")
    with pytest.raises(WordingError, match="nowhere"):
        wording.say("nowhere.to.be.found", said=())


def test_an_unfilled_field_is_never_said(wording: Wording) -> None:
    """A field that is not given raises; braces in what a customer wrote are only text (P34)."""
    with pytest.raises(WordingError, match="opens"):
        wording.say("handoff.ack.closed", said=())
    text, _ = wording.say("thing.named", said=(), product="{business.contacts.email} {x}")
    assert text == "your {business.contacts.email} {x}"


def test_facts_of_the_business_are_filled_in(wording: Wording) -> None:
    """Texts name the business as business.yml does (P38)."""
    assert "Fjordlys" in wording.say("greeting.morning", said=(), name="")[0]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("greeting.again: hello", "data/wording/en/extra.yml:1: greeting.again"),
        ("ok: [Fine]\nempty: []", 'data/wording/en/extra.yml:.*"empty" has an empty text'),
        ("\n\nacknowledge: [Twice]", r'greeting.yml:\d+: "acknowledge" is already in data/wording/en/extra.yml'),
        ("new: [unclosed", "data/wording/en/extra.yml:"),
    ],
)
def test_a_broken_file_is_named_with_its_line(tmp_path: Path, text: str, problem: str) -> None:
    """Whoever edits the wording is told file, line and fix."""
    shutil.copytree(ROOT / "data" / "wording", tmp_path / "data" / "wording")
    shutil.copy(ROOT / "business.yml", tmp_path)
    (tmp_path / "data" / "wording" / "en" / "extra.yml").write_text(text)
    with pytest.raises(ConfigurationError, match=problem):
        Wording.load(tmp_path, "en")
    assert re.search(problem, str(check_wording(tmp_path, "en", "en")[0]))
