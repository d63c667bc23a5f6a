"""The article that answers a question."""

from collections.abc import Iterator

import pytest

from bot import knowledge
from bot.articles import Article
from bot.knowledge import Index, passages_of
from bot.nlu.encoder import load_encoder


def article(id: str, title: str, *phrasings: str, body: str = "Please write to us.") -> Article:
    return Article(id, "en", title, "General", body, phrasings)


ARTICLES = (
    article(
        "returns",
        "How long do I have to return something?",
        "return period",
        "can i still send it back after two weeks",
        "changed my mind about a purchase",
    ),
    article("delivery", "How long does delivery take?", "when will it arrive", "shipping time", "how many days"),
    article("payment", "How can I pay?", "do you take paypal", "which cards do you accept", "pay by invoice"),
    article(
        "blinking",
        "My lamp keeps blinking. How do I reset it?",
        "lamp flashes all the time",
        "factory reset",
        body="On the FL-220, hold the button for ten seconds. The lamp then starts afresh.",
    ),
)


@pytest.fixture(scope="module")
def index() -> Index:
    return Index.build(ARTICLES, load_encoder())


def test_a_question_in_other_words_finds_its_article(index: Index) -> None:
    """A clear hit names its article whatever the words around the question."""
    hits = index.search("it has been 20 days, may I still return the sofa?")
    assert (hits.kind, hits.hits[0].article_id) == ("clear", "returns")


@pytest.mark.parametrize("text", ["Who won the match last night?", "", "  \n", "🦜", "ضصثق"])
def test_nothing_is_offered_for_what_no_article_is_about(index: Index, text: str) -> None:
    """Foreign matters, empty and unreadable messages find nothing rather than something (P22)."""
    assert index.search(text) == knowledge.Hits("nothing")


@pytest.mark.parametrize("code", ["FL-220", "fl220", "fl 220"])
def test_a_model_number_is_found_however_it_is_written(index: Index, code: str) -> None:
    """Codes match exactly, with and without their hyphen."""
    assert index.search(f"something about my {code}").hits[0].article_id == "blinking"


def test_two_articles_that_fit_alike_are_candidates(index: Index) -> None:
    """When the lead is small, the customer is asked which one is meant."""
    both = Index.build([*ARTICLES, article("parcel", "How long does a parcel take?", "shipping time")], load_encoder())
    hits = both.search("shipping time")
    assert hits.kind == "candidates" and {hit.article_id for hit in hits.hits[:2]} == {"delivery", "parcel"}


def test_a_phrasing_word_for_word_is_clear(index: Index) -> None:
    """Whoever wrote the phrasing has said which article answers it, however near another one is."""
    near = article("parcel", "When will my parcel arrive?", "when does it arrive", "when is it here")
    hits = Index.build([*ARTICLES, near], load_encoder()).search("When will it arrive???")
    assert (hits.kind, hits.hits[0].article_id) == ("clear", "delivery")


def test_changes_show_in_the_next_search() -> None:
    """An article that is added, replaced or removed is live at once, also from stored vectors."""
    encoder = load_encoder()
    index = Index(encoder)
    assert index.search("gift cards").kind == "nothing"
    old = article("gifts", "Can you wrap it as a gift?", "gift wrapping", "wrapping paper")
    index.change(put=[(old, passages_of(old, encoder))])
    assert index.search("please wrap it up nicely").hits[0].article_id == "gifts"
    new = article("gifts", "How do I become a reseller?", "wholesale prices", "sell your lamps in my shop")
    index.change(put=[(new, None)])
    assert index.search("please wrap it up nicely").kind == "nothing"
    assert index.search("I own a store and want to resell").hits[0].article_id == "gifts"
    index.change(remove=["gifts"])
    assert len(index) == 0 and index.search("wholesale").kind == "nothing"


def test_a_search_box_finds_beginnings_of_words(index: Index) -> None:
    """Half a word is enough while somebody is typing."""
    assert index.find("payp")[0].article_id == "payment"
    assert index.find("blin")[0].article_id == "blinking"


@pytest.mark.parametrize(
    ("typed", "right"),
    [
        ("delivry tiem", "delivery time"),  # left out, exchanged
        ("Deliivery", "delivery"),  # doubled
        ("facktory resset of my lapm", "facktory reset of my lamp"),  # one too many is no slip of a finger
        ("SHEPPING", "shipping"),  # replaced
        ("blinkng, or brken?", "blinking, or brken?"),  # of no article
    ],
)
def test_a_search_box_reads_over_slips(index: Index, typed: str, right: str) -> None:
    """A word with one slip finds what the right word finds."""
    assert index.respelt(typed) == right
    assert index.find(typed) == index.find(right) != ()


@pytest.mark.parametrize(
    "typed",
    [
        *(text for one in ARTICLES for text in (one.title, *one.phrasings)),
        "deliv",  # the beginning of a word
        "shopping",  # an ordinary word, one letter from an article's
        "invoices",
        "FL-220, FL220, lampp-22, shippng 220, anna@shippng.example, shippng.example",
        "levering av pakkken, retrur og betalling, blinkng lamppe",  # another language
        "",
    ],
)
def test_what_may_be_right_is_searched_as_it_is(index: Index, typed: str) -> None:
    """Words of the articles, their beginnings, ordinary words, codes, addresses, and what is strange altogether."""
    assert index.respelt(typed) == typed


def test_a_slip_in_either_of_two_words_stays_unless_one_is_far_more_frequent() -> None:
    """Nothing is guessed; with the articles, what is likely changes."""
    index = Index.build([article("brakes", "Where are the brakes?"), article("breaks", "It breaks")], load_encoder())
    assert index.respelt("new braks") == "new braks"
    index.change(put=[(article("change", "Change the brakes"), None)])
    assert index.respelt("new braks") == "new brakes"
    index.change(remove=["change", "brakes"])
    assert index.respelt("new braks") == "new breaks"
    assert Index(load_encoder()).respelt("new braks") == "new braks"


def test_a_gap_finds_nothing_though_an_article_is_near(index: Index) -> None:
    """What is known to be unanswered is not answered by the article next to it (P26)."""
    asked = "can you come and install the lamp with the blinking light?"
    assert index.search(asked).kind != "nothing"
    gaps = {"electrician": ("do you install lamps", "can somebody come and mount the lamp", "installation at home")}
    beside = Index.build(ARTICLES, load_encoder(), gaps)
    assert beside.search(asked) == knowledge.Hits("nothing")
    assert beside.search("my lamp flashes").hits[0].article_id == "blinking"
    assert {hit.article_id for hit in beside.find("installation of the lamp")} <= {each.id for each in ARTICLES}
    beside.change(gaps={})
    assert beside.search(asked).kind != "nothing"


def test_a_misspelt_name_that_no_encoder_knows_is_found() -> None:
    """Spelling tells articles apart that mean the same to the encoder."""
    names = ("Grunnvik", "Solhatten", "Brimfjell", "Tverrdal")
    shops = [article(name.lower(), f"When is the shop in {name} open?", f"opening hours {name}") for name in names]
    index = Index.build(shops, load_encoder())
    assert index.search("are you open tomorow in brimfjel?").hits[0].article_id == "brimfjell"


def test_articles_without_phrasings_can_be_searched_however_many() -> None:
    """Titles alone show nothing of how a question varies, and teach no space; they are found all the same."""
    colours = ("blue", "red", "green", "white", "black")
    places = [f"{word} {number}" for word in ("lane", "square", "bridge", "harbour", "market") for number in range(8)]
    titles = [f"Where is the {colour} lamp of {place}?" for colour in colours for place in places]
    index = Index.build([article(f"lamp-{n}", title) for n, title in enumerate(titles)], load_encoder())
    asked = titles.index("Where is the green lamp of harbour 3?")
    assert index.search("green lamp, harbour 3, where?").hits[0].article_id == f"lamp-{asked}"


@pytest.fixture
def _no_index() -> Iterator[None]:
    yield
    knowledge.use({})


@pytest.mark.usefixtures("_no_index")
def test_the_index_in_use_is_the_one_that_was_set(index: Index) -> None:
    """The worker sets the index of each language once; everybody else asks for the current one."""
    knowledge.use({"en": index})
    assert knowledge.current("en") is index
