"""Answers, only from articles (P22): clear, or "did you mean", or asked again, or passed to a person."""

from collections.abc import Callable, Sequence

from actions.parting import is_all, leave_it, part, says_thanks
from actions.reply import Asked, Reply, action
from actions.resources import business
from bot.articles import Article, help_home, plain_text
from bot.knowledge import question_in
from bot.nlu.asked import questions
from bot.records import NOT_STATED

_ANSWER_LENGTH = 500
"""Characters of an article said in the chat; the rest is behind the link (P14, P33)."""

_MOST_CANDIDATES = 3
_NEAREST = 2  # articles that one of several questions finds, of which one may be known to fit the whole message
_MOST_OTHERS = 2  # buttons beside an answer for what else was asked

_UPSET = {"worried", "disappointed", "frustrated", "angry"}
_NOTICEABLE = 0.4  # strength of a mood that is worth a word before the answer

_ABOUT_ORDERS = {"order_status", "order_change", "order_cancel", "invoice_request"}

# What only a person can do with an order, or see in it; an invoice the customer finds alone.
_TO_BE_DONE = {"order_change", "order_cancel"}
_FOR_A_PERSON = {"order_status", *_TO_BE_DONE}

# Replies to our questions rather than questions of the customer's own.
_REPLIES = {"affirm", "deny", "not_sure", "inform", "step_done", "step_stuck", "thank", "forget_it"}

# While we try to understand one and the same question, failures add up.
_SAME_QUESTION = {"rephrase", "which_article"}


@action("action_answer")
def answer(reply: Reply) -> Asked:
    """Answer a question from the articles; an upset customer hears first that we share it."""
    _feel_with(reply)
    if reply.slot("asked") not in _SAME_QUESTION:
        reply.set(failures=0)
    order = reply.slot("order_number")
    if order and order != NOT_STATED and reply.intent in (_TO_BE_DONE if reply.in_complaint else _FOR_A_PERSON):
        return _pass_on_order(reply, order)
    return _search(reply, _without_article)


@action("action_not_understood")
def not_understood(reply: Reply) -> Asked:
    """A reply that lies between two intents is still a reply; anything else is searched for all the same.

    Off the subject, only a clear find counts.
    """
    expected = _REPLIES_TO.get(reply.slot("asked") or "", {})
    if (meant := next((expected[intent] for intent in reply.likely if intent in expected), None)) is not None:
        return meant(reply)
    _feel_with(reply)
    if reply.intent == "nlu_fallback" and "ask_person" in reply.likely:
        return _offer_person(reply, "answer.not_helped")
    return _search(reply, _ask_for_other_words, only_clear=reply.intent == "out_of_scope")


@action("action_show_article")
def show_first(reply: Reply) -> Asked:
    """A plain yes to "did you mean": the first of those offered."""
    offered: Sequence[str] = reply.slot("candidates") or ()
    article = reply.articles.article(offered[0]) if offered else None
    if article is None:
        reply.say("answer.rephrase")
        return "rephrase"
    return show_chosen(reply, article)


@action("action_none_of_these")
def none_of_these(reply: Reply) -> Asked:
    """None of the candidates fits: ask for other words, then for a person; unless they are done with it."""
    reply.set(candidates=None)
    if is_all(reply):
        return part(reply)
    if says_thanks(reply):
        return leave_it(reply)
    return _ask_again(reply, "answer.none_of_these")


@action("action_solved")
def solved(reply: Reply) -> Asked:
    """The answer helped."""
    reply.wish("article_feedback", article=reply.slot("article"), helpful=True)
    reply.set(failures=0, candidates=None, step=None)
    reply.say("answer.solved", buttons=[reply.button("that_is_all", "/deny")])
    return "more"


@action("action_not_helped")
def not_helped(reply: Reply) -> Asked:
    """The answer did not help: offer the next best once, then other words, then a person."""
    shown = reply.slot("article")
    if is_all(reply):
        return part(reply)
    reply.wish("article_feedback", article=shown, helpful=False)
    if says_thanks(reply):
        return leave_it(reply)
    others = [id for id in reply.slot("candidates") or () if id != shown]
    reply.set(step=None)
    if others and not reply.slot("failures"):
        reply.set(failures=1, candidates=None)
        return _offer(reply, others, "answer.another")
    return _ask_again(reply, "answer.rephrase", given_up="answer.not_helped")


@action("action_next_step")
def next_step(reply: Reply) -> Asked:
    """The next step of the article, or its end (P23)."""
    article, number = _article_in_hand(reply), int(reply.slot("step") or 0) + 1
    if article is None or number > len(article.steps):
        reply.set(step=None)
        return _ask_helped(reply, "steps.finished")
    reply.set(step=number)
    step = reply.term("steps.step", number=number, total=len(article.steps), text=article.steps[number - 1])
    buttons = [reply.button("step_done", "/step_done"), reply.button("step_stuck", "/step_stuck")]
    reply.utter(f"{step}\n\n{reply.phrase('steps.tell_me')}", buttons=buttons, article=article.id)
    return "step"


@action("action_step_stuck")
def step_stuck(reply: Reply) -> Asked:
    """Stuck at a step, which a person should see; before the first step: no steps wanted.

    A plain no between the steps ("no, I keep it") ends them and is no failure.
    """
    if is_all(reply):
        reply.set(step=None)
        return part(reply)
    if not reply.slot("step"):
        return _ask_helped(reply, "answer.helped")
    id = reply.slot("article")
    reply.set(step=None)
    if reply.intent == "deny":
        reply.say("steps.left", link=_link(reply, id), buttons=[reply.button("that_is_all", "/deny")])
        return "more"
    reply.wish("article_feedback", article=id, helpful=False)
    reply.wish("handoff", reason="stuck", consented=False)
    reply.say("steps.stuck", link=_link(reply, id))
    return None


_REPLIES_TO: dict[str, dict[str, Callable[[Reply], Asked]]] = {
    "helped": {"affirm": solved, "thank": solved, "deny": not_helped},
    "step": {"affirm": next_step, "step_done": next_step, "deny": step_stuck, "step_stuck": step_stuck},
    "which_article": {"affirm": show_first, "deny": none_of_these},
}
"""What each reply to a question of ours leads to, as in data/rules/answering.yml."""


def show(reply: Reply, article: Article, others: Sequence[Article] = ()) -> Asked:
    """Say the article's answer and ask whether it helped, or offer its steps; `others` may answer the rest."""
    others = others[:_MOST_OTHERS]
    beginning = _say_beginning(reply, article)
    reply.set(article=article.id, step=0 if article.steps else None)
    if reply.in_complaint:
        return _list(reply, [each.id for each in others]) if others else "complaint"
    if not article.steps:
        if others:
            return _ask_helped(reply, "answer.helped_and_more", others)
        return None if _ends_in_a_question(beginning) else _ask_helped(reply, "answer.helped")
    buttons = [reply.button("step_start", "/affirm"), reply.button("step_skip", "/deny"), *map(_choice, others)]
    reply.say("steps.offer_and_more" if others else "steps.offer", buttons=buttons, total=len(article.steps))
    return "step"


def show_chosen(reply: Reply, article: Article) -> Asked:
    """Show what was picked from a choice; where more was asked, what may answer the rest stays on offer."""
    left = [id for id in reply.slot("candidates") or () if id != article.id]
    reply.set(candidates=left)
    asked_for = _each_question(reply, question_in(_question(reply), business()), left)
    return show(reply, article, [each for each, _ in asked_for if each.id in left])


def _show_all(reply: Reply, articles: Sequence[Article], others: Sequence[Article]) -> Asked:
    """Say the answers to several questions, one after the other, last the one with steps, which are offered."""
    *first, last = sorted(articles, key=lambda article: bool(article.steps))
    for article in first:
        _say_beginning(reply, article)
    reply.set(candidates=[each.id for each in others])
    return show(reply, last, others)


def _search(reply: Reply, otherwise: Callable[[Reply], Asked], *, only_clear: bool = False) -> Asked:
    """Answer or offer what the search finds; when it finds nothing, do what is to be done `otherwise`."""
    text = question_in(reply.text, business())
    found = reply.articles.search(text, limit=_MOST_CANDIDATES)
    ids = [hit.article_id for hit in found.hits]
    known = [id for id in ids if id != _failed(reply) and reply.articles.article(id) is not None]
    article = reply.articles.article(known[0]) if known else None
    asked_for = _each_question(reply, text, known)
    if len(certain := [each for each, sure in asked_for if sure]) > 1:
        return _show_all(reply, certain, [each for each, sure in asked_for if not sure])
    if article is not None and found.kind == "clear" and known == ids:
        others = [each for each, _ in asked_for if each != article]
        reply.set(candidates=list(dict.fromkeys([*(each.id for each in others), *ids[1:]])))
        return show(reply, article, others)
    known = known or [each.id for each, _ in asked_for]
    if known and not only_clear:
        return _list(reply, known) if reply.in_complaint else _offer(reply, known, "answer.which")
    return otherwise(reply)


def _each_question(reply: Reply, text: str, known: Sequence[str]) -> list[tuple[Article, bool]]:
    """What may answer each question of a `text` that asks more than one, and whether that is certain.

    It is where the article is also `known` to fit all of the text: a question that is torn from the others, "and what
    does it cost?", resembles many.
    """
    found: dict[str, bool] = {}
    for question in questions(text):
        hits = reply.articles.search(question, limit=_NEAREST)
        near = [hit.article_id for hit in hits.hits if hit.article_id != _failed(reply)]
        first = hits.hits[0].article_id if hits.kind == "clear" and hits.hits[0].article_id in near else None
        fitting = next((id for id in near if id in known), first)
        if fitting is not None:
            found[fitting] = found.get(fitting, False) or (fitting == first and fitting in known)
    return [(article, sure) for id, sure in found.items() if (article := reply.articles.article(id)) is not None]


def _clear_find(reply: Reply) -> Article | None:
    """The article that the question is clearly about."""
    found = reply.articles.search(question_in(reply.text, business()), limit=1)
    return reply.articles.article(found.hits[0].article_id) if found.kind == "clear" and found.hits else None


def _failed(reply: Reply) -> str | None:
    """The article that did not help with this same question: it is not given again."""
    same = reply.slot("asked") in _SAME_QUESTION and reply.slot("failures")
    failed: str | None = reply.slot("article") if same else None
    return failed


def _offer(reply: Reply, ids: Sequence[str], key: str) -> Asked:
    """ "Did you mean": a button for each article, and one for none of them."""
    articles = [article for id in ids[:_MOST_CANDIDATES] if (article := reply.articles.article(id)) is not None]
    reply.say(key, buttons=[*map(_choice, articles), reply.button("none_of_these", "/deny")])
    reply.set(candidates=[article.id for article in articles])
    return "which_article"


def _choice(article: Article) -> dict[str, str]:
    """The button that shows `article`."""
    return {"title": article.title, "payload": f'/inform{{"article": "{article.id}"}}'}


def _list(reply: Reply, ids: Sequence[str]) -> Asked:
    """Candidates in the middle of a complaint: named without a question, as the form asks its own."""
    articles = [article for id in ids if (article := reply.articles.article(id)) is not None]
    titles = [f"• {article.title} {_link(reply, article.id)}" for article in articles]
    reply.say("answer.inside", list="\n".join(titles))
    return "complaint"


def _without_article(reply: Reply) -> Asked:
    if reply.intent in _ABOUT_ORDERS and not reply.in_complaint:
        reply.wish("unanswered", text=reply.text)
        reply.wish("handoff", reason="business_rule", consented=False)
        reply.say("answer.order_needs_person")
        return None
    return _ask_again(reply, "answer.rephrase")


def _ask_for_other_words(reply: Reply) -> Asked:
    return _ask_again(reply, "answer.rephrase")


def _pass_on_order(reply: Reply, order: str) -> Asked:
    """What the article says, once; then a person, for articles only tell to write here with the number we have."""
    article = _clear_find(reply)
    if article is not None and article.id != reply.slot("article"):
        _say_beginning(reply, article)
        reply.set(article=article.id, step=None)
    reply.wish("handoff", reason="business_rule", consented=False)
    reply.say("answer.order_known", order=order)
    return "complaint" if reply.in_complaint else None


def _ask_again(reply: Reply, key: str, *, given_up: str = "answer.nothing") -> Asked:
    """Ask for other words; when that has failed too often, a person should answer (P22, P26)."""
    reply.wish("unanswered", text=_question(reply))
    if reply.in_complaint:
        reply.say("answer.nothing")
        return "complaint"
    failures = int(reply.slot("failures") or 0) + 1
    reply.set(failures=failures)
    if failures < business().escalation.failures:
        reply.say(key)
        return "rephrase"
    return _offer_person(reply, given_up)


def _offer_person(reply: Reply, key: str) -> Asked:
    reply.wish("handoff", reason="not_understood", consented=False)
    reply.say(key)
    return "complaint" if reply.in_complaint else None


def _feel_with(reply: Reply) -> None:
    """Once in a while to an upset customer (P9); the complaint form has done it already."""
    lately = any(variant.startswith("empathy.") for variant in reply.slot("said") or ())
    if reply.mood.kind in _UPSET and reply.mood.strength >= _NOTICEABLE and not lately and not reply.in_complaint:
        reply.empathise()


def about_an_order(reply: Reply) -> bool:
    """Whether the customer's last question was about an order, into which only a person can look."""
    return _last_question(reply)[0] in _ABOUT_ORDERS


def _question(reply: Reply) -> str:
    """What the customer wanted to know, in their own words."""
    return _last_question(reply)[1]


def _last_question(reply: Reply) -> tuple[str, str]:
    """Its intent and text; the latest message where all before it only answered questions of ours."""
    asked = ((intent, text) for intent, text in reply.earlier_texts() if intent not in _REPLIES)
    return next(asked, (reply.intent, reply.text))


def _ask_helped(reply: Reply, key: str, others: Sequence[Article] = ()) -> Asked:
    buttons = [reply.button("helped", "/affirm"), reply.button("not_helped", "/deny")]
    reply.say(key, buttons=[*buttons, *map(_choice, others)])
    return "helped"


def _article_in_hand(reply: Reply) -> Article | None:
    id = reply.slot("article")
    return reply.articles.article(id) if id else None


def _say_beginning(reply: Reply, article: Article) -> str:
    """Say the paragraphs of `article` that fit, with the link to all of it; returns them."""
    beginning = _beginning(plain_text(article.body))
    reply.utter(f"{beginning}\n\n{reply.phrase('answer.link', link=_link(reply, article.id))}", article=article.id)
    return beginning


def _link(reply: Reply, id: str) -> str:
    return f"{help_home(reply.language, business().languages)}/{id}"


def _ends_in_a_question(text: str) -> bool:
    """A second question behind it would leave open which one is answered (P4)."""
    return text.rstrip().endswith(("?", "？", "؟"))


def _beginning(text: str) -> str:
    """The paragraphs of `text` that fit, at least the first."""
    paragraphs = [part for part in text.split("\n\n") if part.strip()]
    kept = paragraphs[:1]
    for paragraph in paragraphs[1:]:
        if len("\n\n".join([*kept, paragraph])) > _ANSWER_LENGTH:
            break
        kept.append(paragraph)
    return "\n\n".join(kept)
