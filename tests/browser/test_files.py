"""Files at the desk and in the chat, and what became of messages to customers who are elsewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import FilePayload, JSHandle, Locator, Page, expect

from tests.browser.checks import accessible, fits, tab_to
from tests.browser.elsewhere import Elsewhere, photo
from tests.browser.people import PHONE, Desk, Windows, at_the_chat
from tests.conftest import new_database
from tests.scenarios.stack import PASSWORD, Agent, Stack, project

PDF = b"%PDF-1.7\n%%EOF"


@pytest.fixture(scope="module")
def web(chromium: str, postgres: str, migrated: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A web process alone: nobody here waits for the bot, and the tests do what a courier would."""
    with Stack(project(tmp_path_factory.mktemp("files")), new_database(postgres, migrated)).up(worker=False) as running:
        yield running


def at_conversation(windows: Windows, web: Stack, agent: Agent, conversation: str, width: int = 1280) -> Desk:
    """The desk of this agent, with the conversation open."""
    windows.expect_error("status of 401")
    page = windows.open(f"{web.url}/desk#/c/{conversation}", viewport={"width": width, "height": 900})
    desk = Desk(page, agent.name)
    page.get_by_label("Name").fill(agent.name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(desk.messages).to_be_visible()
    return desk


def waiting(desk: Desk) -> list[str]:
    """The files in the composer, as they are shown."""
    return desk.page.get_by_role("list", name="Files to send").get_by_role("listitem").all_inner_texts()


def said(desk: Desk, text: str) -> Locator:
    """Write to the customer, and what stands below it once the server has it."""
    desk.write(text)
    message = desk.messages.locator("li.agent[data-seq]").filter(has_text=text)
    expect(message).to_be_visible()
    return message.locator(".under")


def choose(desk: Desk, *files: FilePayload) -> None:
    with desk.page.expect_file_chooser() as chooser:
        desk.page.get_by_role("button", name="Attach").click()
    chooser.value.set_files(list(files))


def lamp(name: str = "lamp.png") -> FilePayload:
    return {"name": name, "mimeType": "image/png", "buffer": photo()}


def carrying(page: Page, name: str, *, text: str = "") -> JSHandle:
    """What a drag or the clipboard carries: a picture and maybe text."""
    return page.evaluate_handle(
        """async ([name, text]) => {
          const canvas = Object.assign(document.createElement('canvas'), { width: 90, height: 60 });
          canvas.getContext('2d').fillRect(0, 0, 90, 60);
          const blob = await new Promise((done) => canvas.toBlob(done, 'image/png'));
          const data = new DataTransfer();
          data.items.add(new File([blob], name, { type: 'image/png' }));
          if (text) data.setData('text/plain', text);
          return data;
        }""",
        [name, text],
    )


@pytest.mark.parametrize("width", [1280, PHONE["width"]])
def test_what_customers_send_is_shown(web: Stack, windows: Windows, width: int) -> None:
    """Pictures at once, a recording to play, a document to save, and why something is not there."""
    agent = web.agent()
    ola = Elsewhere(web, "My lamp came broken").owned_by(agent)
    seq = ola.writes("Look")
    ola.sends_file(seq, "broken lamp.png", "image/png", photo())
    ola.sends_file(seq, "voice.ogg", "audio/ogg", b"OggS" + bytes(20_000))
    ola.sends_file(seq, "invoice with a name that is quite long " * 2 + ".pdf", "application/pdf", PDF)
    ola.sends_file(seq, "film.mp4", "video/mp4", None)
    ola.sends_file(seq, "lamp.jpg", "image/jpeg", None, "“lamp.jpg” says that it is a picture, but is not.")
    desk = at_conversation(windows, web, agent, ola.conversation, width)
    picture = desk.messages.get_by_role("img", name="Picture from the customer: broken lamp.png")
    picture.scroll_into_view_if_needed()
    expect(picture).to_be_visible()
    desk.page.wait_for_function("[...document.querySelectorAll('.picture img')].every((one) => one.naturalWidth > 0)")
    expect(desk.messages.get_by_label("Recording: voice.ogg")).to_be_visible()
    expect(desk.messages.get_by_text("Waiting for the file…")).to_be_visible()
    expect(desk.messages.get_by_text("Refused: “lamp.jpg” says that it is a picture, but is not.")).to_be_visible()
    with desk.page.expect_download() as saved:
        desk.messages.get_by_role("link", name=re.compile("^Save invoice")).click()
    assert Path(saved.value.path()).read_bytes() == PDF
    with desk.page.expect_popup() as opened:
        picture.click()
    expect(opened.value.locator("img")).to_be_visible()
    fits(desk.page, desk.messages)
    accessible(desk.page, f"files of a customer, {width}")
    ola.run("update attachment set status = 'stored', name = 'here.png', media_type = 'image/png', data = %s, size = 9"
            " where conversation_id = %s and status = 'waiting'", photo(), ola.conversation)  # fmt: skip
    ola.tell("attachment")
    expect(desk.messages.get_by_role("img", name=re.compile("here.png"))).to_be_visible()


def test_the_chat_goes_on_while_a_file_from_slack_is_fetched(web: Stack, windows: Windows) -> None:
    """What visitors write meanwhile is there after a reload; then the file comes before it, once, and is counted."""
    widget = at_the_chat(windows, web)
    widget.say("Where is my bill?")
    expect(widget.log.get_by_text("Sent")).to_be_visible()
    agent = web.agent()
    assert agent.do(widget.conversation, "claim").status_code == 200
    expect(widget.log.get_by_text(f"talking with {agent.name}")).to_be_visible()
    with psycopg.connect(web.database) as connection:
        connection.execute(
            "with next as ("
            "  update conversation set last_seq = last_seq + 1 where id = %(id)s returning last_seq as seq"
            "), said as ("
            "  insert into message (conversation_id, seq, episode, author, agent_id, channel, text)"
            "  select %(id)s, seq, 1, 'agent', a.id, 'web', 'Here it is' from next, agent a where a.name = %(agent)s"
            "  returning seq"
            ") insert into attachment (conversation_id, seq, ordinal, name, media_type, source)"
            " select %(id)s, seq, 0, 'bill.pdf', 'application/pdf', '{}' from said",
            {"id": widget.conversation, "agent": agent.name},
        )
    for text in ("Hello?", "Are you there?"):
        widget.say(text)
        expect(widget.bubbles("customer").filter(has_text=text)).to_be_visible()
        widget.page.reload()
        expect(widget.bubbles("customer").filter(has_text=text)).to_be_visible()
    expect(widget.bubbles("agent")).to_have_count(0)
    widget.panel.get_by_role("button", name="Close the chat").click()
    with psycopg.connect(web.database) as connection:
        connection.execute(
            "update attachment set status = 'stored', data = %s, size = %s where conversation_id = %s",
            [PDF, len(PDF), widget.conversation],
        )
        connection.execute("select pg_notify('warmline', %s)", [json.dumps([widget.conversation, None])])
    expect(widget.launcher).to_have_accessible_name("Fjordlys, 1 unread message")
    widget.open()
    expect(widget.log.get_by_role("button", name=re.compile("bill.pdf"))).to_be_visible()
    said = [text for text in widget.log.locator(".bubble").all_inner_texts() if "talking with" not in text]
    assert said == ["Where is my bill?", "Here it is", "Hello?", "Are you there?"]


@pytest.mark.parametrize("width", [1280, PHONE["width"]])
def test_an_agent_sends_files(web: Stack, windows: Windows, width: int) -> None:
    """Chosen, pasted and dropped, with what is wrong beside each; the customer on the website saves them."""
    widget = at_the_chat(windows, web)
    widget.say("Which lamp is it?")
    agent = web.agent()
    expect(widget.log.get_by_text("Which lamp is it?")).to_be_visible()
    assert agent.do(widget.conversation, "claim").status_code == 200
    desk = at_conversation(windows, web, agent, widget.conversation, width)
    windows.expect_error("status of 422")
    choose(
        desk,
        lamp(),
        {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": b"<html>"},
        {"name": "film.mp4", "mimeType": "video/mp4", "buffer": bytes(20_000_001)},
    )
    expect(desk.page.get_by_text("“photo.jpg” says that it is a picture, but inside it is a web page.")).to_be_visible()
    expect(desk.page.get_by_text("This file is larger than 20 MB.")).to_be_visible()
    expect(desk.page.locator(".attachment-preview")).to_be_visible()
    accessible(desk.page, f"files to send, {width}")
    fits(desk.page, desk.messages)
    desk.reply.fill("It is this one")
    desk.reply.press("Enter")
    expect(desk.page.get_by_role("alert").get_by_text("“photo.jpg” could not be attached.")).to_be_visible()
    expect(desk.reply).to_have_value("It is this one")
    for name in ("photo.jpg", "film.mp4"):
        desk.page.get_by_role("button", name=f"Remove {name}").click()
    pasted = carrying(desk.page, "image.png")
    desk.reply.evaluate(
        "(field, data) => field.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, cancelable: true }))",
        pasted,
    )
    expect(desk.page.get_by_role("button", name="Remove image.png")).to_be_visible()
    dropped = carrying(desk.page, "dropped.png")
    desk.page.dispatch_event(".transcript", "dragover", {"dataTransfer": dropped})
    expect(desk.page.locator("body")).to_have_class("dropping")
    desk.page.dispatch_event(".transcript", "drop", {"dataTransfer": dropped})
    expect(desk.page.get_by_role("button", name="Remove dropped.png")).to_be_visible()
    expect(desk.page.locator("body")).not_to_have_class("dropping")
    expect(desk.page.get_by_role("progressbar")).to_have_count(0)
    desk.page.reload()
    expect(desk.page.get_by_role("button", name="Remove dropped.png")).to_be_visible()
    expect(desk.reply).to_have_value("It is this one")
    desk.page.get_by_role("button", name="Send", exact=True).click()
    expect(desk.messages.get_by_role("img", name=re.compile("^Picture from us"))).to_have_count(3)
    assert waiting(desk) == []
    expect(widget.bubbles("agent").last).to_have_text("It is this one")
    with widget.page.expect_download() as saved:
        widget.log.get_by_role("button", name="Save lamp.png").click()
    assert saved.value.suggested_filename == "lamp.png"
    assert Path(saved.value.path()).read_bytes() == photo()
    accessible(widget.page, "chat with files")


def test_text_is_pasted_as_text(web: Stack, windows: Windows) -> None:
    """A word processor puts a picture of the text beside it."""
    agent = web.agent()
    ola = Elsewhere(web, "Hello").owned_by(agent)
    desk = at_conversation(windows, web, agent, ola.conversation)
    both = carrying(desk.page, "text.png", text="the text")
    prevented = desk.reply.evaluate(
        "(field, data) => !field.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, cancelable: true }))",
        both,
    )
    assert not prevented and waiting(desk) == []


def test_an_upload_that_broke_off_is_tried_again(web: Stack, windows: Windows) -> None:
    agent = web.agent()
    ola = Elsewhere(web, "Hello").owned_by(agent)
    desk = at_conversation(windows, web, agent, ola.conversation)
    windows.expect_error("ERR_FAILED")
    desk.page.route("**/files?name=*", lambda route: route.abort())
    choose(desk, lamp())
    expect(desk.page.get_by_text("The upload broke off.")).to_be_visible()
    desk.page.unroute("**/files?name=*")
    desk.page.get_by_role("button", name="Try again").click()
    expect(desk.page.locator(".attachment-preview")).to_be_visible()
    desk.reply.press("Enter")
    expect(desk.messages.get_by_role("img", name="Picture from us: lamp.png")).to_be_visible()


def test_only_who_has_the_conversation_can_attach(web: Stack, windows: Windows) -> None:
    """And a file that is dropped elsewhere does not open in place of the desk."""
    ola = Elsewhere(web, "Hello").owned_by(web.agent())
    desk = at_conversation(windows, web, web.agent(), ola.conversation)
    expect(desk.page.get_by_role("button", name="Attach")).to_have_count(0)
    desk.page.dispatch_event(".transcript", "dragover", {"dataTransfer": carrying(desk.page, "lamp.png")})
    expect(desk.page.locator("body")).not_to_have_class("dropping")
    taken = desk.page.evaluate(
        "(data) => !document.querySelector('.transcript').dispatchEvent("
        "new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }))",
        carrying(desk.page, "lamp.png"),
    )
    assert taken and waiting(desk) == []


@pytest.mark.parametrize("width", [1280, PHONE["width"]])
def test_how_far_a_message_has_come(web: Stack, windows: Windows, width: int) -> None:
    """Sending, delivered, or not and why, with another try by keyboard; and a customer who cannot be reached."""
    agent = web.agent()
    ola = Elsewhere(web, "Hello").owned_by(agent)
    ola.has_come("sent")
    desk = at_conversation(windows, web, agent, ola.conversation, width)
    expect(desk.middle.get_by_text("Telegram")).to_be_visible()
    mark = said(desk, "I am looking into it")
    expect(mark).to_contain_text("Sending…")
    ola.has_come("queued", "Telegram is busy.")
    expect(mark).to_contain_text("Not yet. Telegram is busy.")
    ola.has_come("sent")
    expect(mark).to_contain_text("Delivered")
    expect(desk.page.locator("#announcer")).to_contain_text("Your message is delivered")
    mark = said(desk, "A new lamp is on its way")
    ola.has_come("failed", "Telegram refuses this message.")
    expect(mark).to_contain_text("Not delivered: Telegram refuses this message.")
    expect(desk.page.locator("#announcer")).to_contain_text("Not delivered: Telegram refuses this message.")
    accessible(desk.page, f"a message that failed, {width}")
    tab_to(desk.page, desk.messages.get_by_role("button", name="Retry"), key="Shift+Tab")
    desk.page.keyboard.press("Enter")
    expect(mark).to_contain_text("Sending…")
    ola.run("update place set gone = 'The customer has blocked the bot.' where conversation_id = %s", ola.conversation)
    ola.has_come("failed", "The customer has blocked the bot.")
    notice = desk.middle.get_by_role("alert").filter(has_text="Not reachable on Telegram.")
    expect(notice).to_contain_text("The customer has blocked the bot. They will not see what you write")
    expect(mark).to_contain_text("Not delivered: The customer has blocked the bot.")
    accessible(desk.page, f"a customer who cannot be reached, {width}")
    fits(desk.page, desk.messages)
    ola.run("update place set gone = null where conversation_id = %s", ola.conversation)
    ola.tell("message")
    expect(notice).to_have_count(0)


def test_a_colleague_sees_the_failure_and_only_a_lead_tries_again(web: Stack, windows: Windows) -> None:
    """The same rule as for replying: theirs, or they lead."""
    agent = web.agent()
    ola = Elsewhere(web, "Hello").owned_by(agent)
    agent.write(ola.conversation, "Good day")
    ola.has_come("failed", "Telegram refuses this message.")
    desk = at_conversation(windows, web, web.agent(), ola.conversation)
    expect(desk.messages.get_by_text("Not delivered: Telegram refuses this message.")).to_be_visible()
    expect(desk.messages.get_by_role("button", name="Retry")).to_have_count(0)
    lead = at_conversation(windows, web, web.agent(role="lead"), ola.conversation)
    lead.messages.get_by_role("button", name="Retry").click()
    expect(lead.messages.get_by_text("Sending…")).to_be_visible()


def test_edits_and_deletions_of_the_customer(web: Stack, windows: Windows) -> None:
    """What it said before stays readable and is struck out; each version leads to the other."""
    agent = web.agent()
    ola = Elsewhere(web, "Hello").owned_by(agent)
    first = ola.writes("The number is FJ-204817")
    nonsense = ola.writes("something foolish")
    ola.run("update message set deleted_at = now() where conversation_id = %s and seq = %s", ola.conversation, nonsense)
    ola.writes("The number is FJ-204818", edits=first)
    ola.writes("The number is FJ-204819", edits=first)
    desk = at_conversation(windows, web, agent, ola.conversation)
    expect(desk.messages.locator("del")).to_have_text(
        ["The number is FJ-204817", "something foolish", "The number is FJ-204818"]
    )
    expect(desk.messages.get_by_text("Deleted by the customer")).to_be_visible()
    expect(desk.messages.get_by_text("Edited by the customer")).to_have_count(2)
    accessible(desk.page, "edited and deleted")
    desk.messages.get_by_role("button", name="What it said before").click()
    expect(desk.messages.get_by_text("The number is FJ-204817")).to_be_in_viewport()
