"""The name by which a customer introduces themselves."""

import pytest

from bot.nlu.entity_model import read_examples
from bot.nlu.names import Names, learn


@pytest.fixture(scope="module")
def names() -> Names:
    return learn(read_examples().names, (), ())


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("I am Sofia from Oslo", "Sofia"),
        ("hi im anna", "Anna"),
        ("this is Jonas", "Jonas"),
        ("my name is kari nordmann", "Kari Nordmann"),
        ("Hello, my name is Jonas. Could I talk to a person?", "Jonas"),
        ("I'm Kari Nordmann, where is it?", "Kari Nordmann"),
        ("This is Peter speaking", "Peter"),
        ("im peter and my lamp broke", "Peter"),
        ("I AM ANNA", "Anna"),
        ("I am Anne-Marie", "Anne-Marie"),
        ("My name's Ludwig van Beethoven", "Ludwig van Beethoven"),
        ("name: Ingrid Dahl", "Ingrid Dahl"),
        ("my name is xiu", "Xiu"),
        ("I'm Xiu, I ordered a lamp", "Xiu"),
        ("Call me Ishmael.", "Ishmael"),
        ("Olga here, still waiting", "Olga"),
        ("it's Marta again", "Marta"),
        ("it's anna", "Anna"),
        ("Hi, I am Will and I need help", "Will"),
        ("I'm Tomasz from Warsaw", "Tomasz"),
        ("good morning this is astrid lund calling", "Astrid Lund"),
        ("I am Nguyen Thi and I wait", "Nguyen Thi"),
        ("Best wishes,\nMaria Lund", "Maria Lund"),
        ("hey, name's Bo", "Bo"),
        ("i am mohammed, order is late", "Mohammed"),
        ("I'm Øystein and", "Øystein"),
        ("I'm Sean O'Neill.", "Sean O'Neill"),
        ("my full name is Per Hansen", "Per Hansen"),
        ("I go by Zed", "Zed"),
        ("Je m'appelle Amélie", "Amélie"),
        ("I am Grace.", "Grace"),
        ("Hi I'm Ahmed", "Ahmed"),
        ("my name is Ola Nordmann and the email is x", "Ola Nordmann"),
        ("name is anna berg", "Anna Berg"),
    ],
)
def test_an_introduction_gives_the_name(names: Names, text: str, name: str) -> None:
    """In any usual form, also in small letters, and no word more than the name."""
    (found,) = names.find(text)
    start, end, value = found
    assert value == name
    assert text[start:end].casefold() == name.casefold()


@pytest.mark.parametrize(
    "text",
    [
        "I am Furious!",
        "I'm Angry, and I want my money",
        "I'm Worried about this. This is Ridiculous",
        "I am Very Disappointed",
        "I AM FURIOUS",
        "im lost",
        "im fine thanks",
        "i'm done",
        "I am Norwegian",
        "I'm Vegan.",
        "I'm Pregnant and need it now",
        "I am Waiting",
        "I'm Disgusted.",
        "I am Not happy",
        "my name is not important",
        "my name is on the invoice",
        "my name is spelled wrong",
        "his name is Ola",
        "the driver's name is Ola",
        "the product name is Lumi",
        "This is Outrageous!",
        "This is Anna's order",
        "It's Monday",
        "call me back",
        "call me Monday",
        "call me later",
        "Call me at 9",
        "Nothing here",
        "Still here",
        "Over here it works",
        "Customer here",
        "I am Here",
        "it's broken",
        "this is urgent",
        "Thanks, Kari",
        "I'm from Bergen",
        "I am in Oslo",
        "I am Premium member",
        "I'm a nurse",
        "I'm sue-happy",
        "i will mark it",
        "this is great from you",
        "I'm Sick, of this",
        "I'm Really Mad",
        "I am Returning the lamp",
        "i am rich",
        "I am Desperate!",
        "I am Shocked.",
        "I'm so Frustrated",
        "I am Outside",
        "My name was wrong",
        "im confused",
        "im hope",
        "I'm Late.",
        "I am Canceling",
        "my name isn't there",
        "This is Mrs",
    ],
)
def test_what_only_looks_like_an_introduction_gives_none(names: Names, text: str) -> None:
    """Feelings, states, days, places, other people's names and what is said about a name are none."""
    assert list(names.find(text)) == []
