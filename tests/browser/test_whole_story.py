"""The promise of the product, seen from both sides at once."""

import re

from playwright.sync_api import Locator, expect

from tests.browser.people import Windows, at_the_chat, at_the_desk
from tests.scenarios.stack import Stack

_PIECES_ARE_WHOLE = """(line) => [...line.childNodes].filter(({ nodeType }) => nodeType === 3).every((text) => {
  const range = document.createRange();
  range.selectNodeContents(text);
  return range.getClientRects().length === 1;
})"""


def test_a_customer_is_answered_handed_over_and_handed_back(stack: Stack, windows: Windows) -> None:
    """P22, P24, P27, P30: from the first question to the close, and nobody reloads a page."""
    desk = at_the_desk(windows, stack)
    desk.page.evaluate("window.untouched = true")
    widget = at_the_chat(windows, stack)

    widget.ask("how much does delivery cost?", "€4.90")
    expect(widget.log.get_by_role("link").last).to_have_attribute("href", f"{stack.url}/help/delivery-cost")
    widget.choice("Yes, it did").click()
    expect(widget.choice("Yes, it did")).to_have_attribute("aria-pressed", "true")
    expect(widget.choice("Not yet")).to_be_disabled()
    expect(widget.log.locator("li.row").last).to_have_class(re.compile(r"\bbot\b"))

    complaint = "the table lamp from order FJ-204817 arrived with a cracked shade"
    widget.ask(complaint, "FJ-204817")
    widget.say("I want to talk to a person")
    expect(widget.state).to_have_text("Waiting for a person")

    row = desk.row(widget.conversation)
    expect(row).to_contain_text(re.compile("Visitor [0-9A-F]{4}"))
    assert desk.page.evaluate("window.untouched")
    desk.open(widget.conversation)
    expect(desk.bubbles("customer").filter(has_text=complaint)).to_be_visible()
    expect(desk.story.get_by_role("heading", name="Why it was handed over")).to_be_visible()
    _evidence_lights_up(desk.story, desk.messages, complaint)

    desk.take_over()
    expect(widget.state).to_have_text(f"You are talking with {desk.name}")
    desk.reply.press_sequentially("A new")
    expect(widget.log.get_by_text(f"{desk.name} is typing")).to_be_attached()
    desk.write("A new lamp is on its way to you.")
    expect(widget.bubbles("agent").last).to_have_text("A new lamp is on its way to you.")
    widget.composer.press_sequentially("Than")
    expect(desk.messages.get_by_text("The customer is typing")).to_be_visible()
    widget.say("Thank you, that is kind")
    expect(desk.bubbles("customer").last).to_contain_text("Thank you, that is kind")
    bot_said = widget.bubbles("bot").count()

    desk.page.get_by_role("button", name="Hand back").click()
    dialog = desk.page.get_by_role("dialog", name="Hand back to the bot")
    dialog.get_by_role("textbox").fill("Promised a new lamp")
    dialog.get_by_role("button", name="Hand back").click()
    expect(widget.state).to_have_text("You are talking with our assistant")
    expect(desk.bubbles("note")).to_contain_text("Promised a new lamp")
    assert widget.bubbles("bot").count() == bot_said, "the bot spoke while a person had the conversation"
    widget.ask("what are your opening hours?", "/help/opening-hours")
    expect(desk.bubbles("bot").filter(has_text="/help/opening-hours")).to_be_visible()
    assert "Promised a new lamp" not in widget.log.inner_text()

    desk.take_over()
    desk.page.get_by_role("button", name="Close", exact=True).click()
    dialog = desk.page.get_by_role("dialog", name="Close the conversation")
    dialog.get_by_role("radio", name=re.compile("^Solved")).check()
    dialog.get_by_role("button", name="Close conversation").click()
    expect(widget.state).to_have_text("Closed. Write to start again")
    expect(desk.middle.get_by_text("A new message from the customer opens it again.")).to_be_visible()
    assert desk.page.evaluate("window.untouched")


def test_what_is_not_stated_takes_one_line_and_is_filled_in_there(stack: Stack, windows: Windows) -> None:
    """Half of a summary must not say what is missing; days, languages and addresses read as people write them (P27)."""
    customer, desk = stack.customer(), at_the_desk(windows, stack, viewport={"width": 1280, "height": 800})
    customer.say("I want to talk to a person")
    customer.post("My lamp flickers since today, this is the third time I write. It is for jo.berg@mail.example.com")
    desk.open(customer.conversation)
    lines = desk.story.get_by_role("region", name="Summary").get_by_role("listitem")
    flags = lines.filter(has_text="says that they have told us before")
    expect(flags).to_be_visible()
    expect(lines.filter(has_text=re.compile("^Channel"))).to_contain_text("Website, English")
    expect(lines.filter(has_text=re.compile("^Dates"))).to_contain_text("today, ")
    expect(desk.story.locator(".reason")).not_to_contain_text("confidence")
    missing = lines.filter(has_text=re.compile("^Not stated"))
    expect(missing).to_contain_text("Order")
    expect(missing.get_by_role("button")).to_have_count(0)
    contact = lines.filter(has_text=re.compile("^Contact")).locator(".line-text")
    for width in range(90, 240, 6):  # it breaks at @ and dots only
        contact.evaluate("(line, width) => Object.assign(line.style, {display: 'block', width: `${width}px`})", width)
        assert contact.evaluate(_PIECES_ARE_WHOLE), f"an address broken in the middle at {width} px"
    desk.take_over()
    missing.get_by_role("button", name="Order").click()
    field = desk.story.get_by_role("textbox", name="Order")
    expect(field).to_be_focused()
    expect(field).to_have_value("")
    field.fill("FJ-204817")
    field.press("Enter")
    expect(lines.filter(has_text=re.compile("^Order"))).to_contain_text("FJ-204817")
    expect(missing).not_to_contain_text("Order")


def _evidence_lights_up(story: Locator, messages: Locator, said: str) -> None:
    """Every summary line marks the messages it was drawn from, for the pointer and for the keyboard alike."""
    line = story.locator("[data-line=situation-1]")
    expect(line).to_contain_text("FJ-204817")
    message = messages.get_by_role("listitem").filter(has_text=said)
    expect(message).not_to_have_class(re.compile(r"\blit\b"))
    evidence = line.get_by_role("button", name=said)
    evidence.hover()
    expect(message).to_have_class(re.compile(r"\blit\b"))
    story.get_by_role("heading", name="The story").hover()
    expect(message).not_to_have_class(re.compile(r"\blit\b"))
    evidence.focus()
    expect(message).to_have_class(re.compile(r"\blit\b"))
    evidence.blur()
    expect(message).not_to_have_class(re.compile(r"\blit\b"))
