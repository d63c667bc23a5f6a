"""What people write is shown as they wrote it: never as markup, and never wider than the page."""

from playwright.sync_api import Locator, Page, expect

from tests.browser.checks import fits
from tests.browser.people import PHONE, Windows, at_the_desk, waiting_for_a_person
from tests.scenarios.stack import Stack

MARKUP = """<img src=x onerror="window.hacked = 1"><script>window.hacked = 1</script><b>bold</b> &amp; {{7*7}}"""
LONG_WORD = "unbreakable" * 60
LONG_LINK = "https://example.com/" + "a/b?c=" * 60
HEBREW = "המנורה שקיבלתי שבורה, מספר ההזמנה FJ-204817"


def _is_text(bubble: Locator, text: str) -> None:
    expect(bubble).to_contain_text(text)  # links have a word for screen readers after them
    assert bubble.locator("img, script, b").count() == 0


def _not_hacked(page: Page) -> None:
    assert page.evaluate("window.hacked") is None


def test_markup_long_words_and_right_to_left_text_both_ways(stack: Stack, windows: Windows) -> None:
    """In the chat, the transcript, the queue, the summary, the customer's name and the notes."""
    widget = waiting_for_a_person(windows, stack, f"My lamp is broken {MARKUP}", viewport=PHONE)
    agent = stack.agent()
    name = {"name": "<b>Robert'); drop table message;--</b>"}
    found = agent.open(widget.conversation)
    assert agent.http.patch(f"/desk/api/customers/{found['customer']['id']}", json=name).is_success

    desk = at_the_desk(windows, stack)
    expect(desk.row(widget.conversation)).to_contain_text(name["name"])
    desk.open(widget.conversation)
    expect(desk.middle.get_by_role("heading", name=name["name"])).to_be_visible()
    expect(desk.story).to_contain_text(MARKUP)
    desk.take_over()
    for text in (MARKUP, LONG_WORD, LONG_LINK, HEBREW):
        widget.say(text)
        _is_text(desk.bubbles("customer").last.locator("p").first, text)
        desk.write(text)
        _is_text(widget.bubbles("agent").last, text)
        _is_text(widget.bubbles("customer").last, text)
    desk.page.get_by_role("button", name="Internal note").click()
    desk.page.get_by_role("textbox", name="Internal note").fill(MARKUP + LONG_WORD)
    desk.page.get_by_role("button", name="Save note").click()
    expect(desk.bubbles("note").last).to_contain_text(MARKUP)

    for bubble in (widget.bubbles("agent").last, widget.bubbles("customer").last, desk.bubbles("customer").last):
        _reads_from_the_right(bubble)
    fits(widget.page, widget.log)
    fits(desk.page, desk.messages, desk.queue, desk.story)
    _not_hacked(widget.page)
    _not_hacked(desk.page)


def _reads_from_the_right(bubble: Locator) -> None:
    directions = bubble.evaluate(
        "(element) => [element, ...element.querySelectorAll('*')].map((one) => getComputedStyle(one).direction)"
    )
    assert "rtl" in directions
