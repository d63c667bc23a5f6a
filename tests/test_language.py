"""Which language a customer writes."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot.business import load_business
from bot.language import LanguageOfCustomers, preferred

PROJECT = Path(__file__).parents[1]


def languages_of(*languages: str) -> LanguageOfCustomers:
    """What the sample business would hear if it served these languages."""
    return LanguageOfCustomers(load_business(PROJECT).model_copy(update={"languages": languages}))


@pytest.fixture(scope="module")
def two() -> LanguageOfCustomers:
    return languages_of("en", "nb")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Hei, hvor er pakken min?", "nb"),
        ("jeg vil ha pengene tilbake", "nb"),
        ("Lampen FJ-204817 var ødelagt da den kom, hva gjør jeg nå?", "nb"),
        ("Hello, where is my parcel?", "en"),
        ("the lamp arrived broken", "en"),
    ],
)
def test_a_sentence_says_its_language(two: LanguageOfCustomers, text: str, language: str) -> None:
    """A new conversation is answered in the language of its first sentence, whatever was guessed."""
    assert two.detect(text, "en", settled=False) == language
    assert two.detect(text, "nb", settled=False) == language


@pytest.mark.parametrize("text", ["takk", "Bestilling", "kundeservice!!", "😀", "", "?", "jepp :)"])
def test_one_word_never_decides(two: LanguageOfCustomers, text: str) -> None:
    """However clear it looks: names, loan words and typing errors are single words too."""
    assert two.detect(text, "en", settled=False) == two.detect(text, "en", settled=True) == "en"


@pytest.mark.parametrize(
    "text",
    [
        "FJ-204817 FL-220 2026-11-22",
        "anne.berg@epost.example og https://butikk.example/ordre/bekreftelse",
        "Hvile sofa, Stige shelf, Krakk stool",
        "order FJ-204817 kari@post.example",
    ],
)
def test_what_is_the_same_in_every_language_does_not_count(two: LanguageOfCustomers, text: str) -> None:
    """Order numbers, dates, addresses and the names of products are no sign of a language."""
    assert two.detect(text, "en", settled=False) == "en"
    assert two.detect(text, "nb", settled=True) == "nb"


def test_a_language_stays_until_another_is_clear(two: LanguageOfCustomers) -> None:
    """What would begin a conversation in Norwegian does not turn an English one over; a sentence does."""
    assert two.detect("nei takk", "en", settled=False) == "nb"
    assert two.detect("nei takk", "en", settled=True) == "en"
    assert two.detect("thank you", "nb", settled=True) == "nb"
    assert two.detect("Kan du heller svare meg på norsk, er du snill?", "en", settled=True) == "nb"


def test_only_languages_of_the_business_are_heard() -> None:
    """What is in none of them changes nothing, or is taken for the nearest; scripts without spaces count as well."""
    assert languages_of("en", "ja").detect("注文した荷物はどこですか", "en", settled=True) == "ja"
    assert languages_of("en", "no").detect("Hei, hvor er pakken min?", "en", settled=False) == "no"
    unknown = languages_of("en", "se")  # Northern Sami, which cannot be recognised: customers choose it
    assert unknown.detect("Hello, where is my parcel?", "se", settled=False) == "se"


def test_one_language_costs_nothing() -> None:
    """Nothing is loaded: a business with one language does not pay for those of others."""
    code = (
        "import sys; from tests.test_language import languages_of;"
        "assert languages_of('en').detect('Hei, hvor er pakken min?', 'en', settled=False) == 'en';"
        "assert 'lingua' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=True)


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("nb-NO,nb;q=0.9,no;q=0.8,en;q=0.5", "nb"),
        ("nn", "nb"),
        ("fr-FR,fr;q=0.9,nb;q=0.3,en;q=0.7", "en"),
        ("fr", "en"),
        ("", "en"),
        ("*, ;q=x, q=;=,;nb", "en"),
    ],
)
def test_the_browser_gives_the_first_guess(accepted: str, language: str) -> None:
    """The language the visitor likes best among those of the business, else its first."""
    assert preferred(accepted, ("en", "nb")) == language
