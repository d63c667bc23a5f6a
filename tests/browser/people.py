"""The customer at the widget and the agent at the desk, as they see and use the pages."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect

from tests.scenarios.stack import PASSWORD, Stack

PHONE = {"width": 375, "height": 700}

expect.set_options(timeout=30_000)


class Windows:
    """Browser windows, each with cookies and storage of its own, and what went wrong in any of them."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self._problems: list[str] = []
        self._expected: list[str] = []

    def open(self, url: str, **options: Any) -> Page:
        """A new window on a page."""
        context = self._browser.new_context(**options)
        self._contexts.append(context)
        context.on("console", self._heard)
        context.on("weberror", lambda error: self._problems.append(str(error.error)))
        page = context.new_page()
        page.goto(url)
        return page

    def expect_error(self, pattern: str) -> None:
        """The test brings this error about itself: a regular expression for its text."""
        self._expected.append(pattern)

    def unexpected(self) -> list[str]:
        """Errors of pages that nobody expected."""
        return [text for text in self._problems if not any(re.search(pattern, text) for pattern in self._expected)]

    def close(self) -> None:
        """Close all of them."""
        for context in self._contexts:
            context.close()

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._problems.append(message.text)


class Widget:
    """The chat on a page, in the hands of a customer."""

    def __init__(self, page: Page) -> None:
        self.page = page
        chat = page.locator("warmline-chat")
        self.launcher = chat.locator("button.launcher")
        self.panel = chat.get_by_role("dialog")
        self.log = chat.get_by_role("log", name="Messages")
        self.composer = chat.get_by_role("textbox", name="Your message")
        self.state = chat.locator("#state")

    def open(self) -> Widget:
        """Open the chat with a click."""
        self.launcher.click()
        expect(self.composer).to_be_focused()
        return self

    def say(self, text: str) -> None:
        """Write and send, with the keyboard."""
        self.composer.fill(text)
        self.composer.press("Enter")
        expect(self.composer).to_have_value("")

    def ask(self, text: str, answer: str | re.Pattern[str]) -> None:
        """Send a message and wait until the bot's answers to it contain this."""
        before = self.log.get_by_role("listitem").count()
        self.say(text)
        answers = self.log.locator(f"li.bot:nth-child(n + {before + 2}) .bubble")
        expect(answers.filter(has_text=answer).first).to_be_visible()

    def bubbles(self, author: str) -> Locator:
        """Messages of ``customer``, ``bot``, ``agent`` or ``system``."""
        return self.log.locator(f"li.{author} .bubble")

    def texts(self, author: str) -> list[str]:
        """Their texts."""
        return self.bubbles(author).all_inner_texts()

    def choice(self, title: str | re.Pattern[str]) -> Locator:
        """The newest button of this title."""
        return self.log.get_by_role("button", name=title).last

    @property
    def conversation(self) -> str:
        """The id of the conversation, as this browser remembers it."""
        found: str = self.page.evaluate(
            "JSON.parse(localStorage[Object.keys(localStorage).find((key) => key.endsWith(':session'))]).conversation"
        )
        return found


class Desk:
    """The desk in the hands of an agent."""

    def __init__(self, page: Page, name: str) -> None:
        self.page = page
        self.name = name
        self.queue = page.get_by_role("navigation", name="Queue")
        self.middle = page.get_by_role("region", name="Conversation", exact=True)
        self.messages = page.get_by_role("region", name="Messages")
        self.story = page.get_by_role("region", name="Summary and customer")
        self.reply = page.get_by_role("textbox", name=re.compile("^Reply to"))

    def log_in(self) -> Desk:
        """Fill in the log-in page."""
        self.page.get_by_label("Name").fill(self.name)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Log in").click()
        self.is_live()
        return self

    def is_live(self) -> None:
        """Wait until news comes by itself; narrow windows say so with a colour alone."""
        expect(self.page.get_by_role("status").get_by_text("Live", exact=True)).to_be_attached()

    def row(self, conversation: str) -> Locator:
        """A conversation in the queue."""
        return self.queue.locator(f'a[href="#/c/{conversation}"]')

    def open(self, conversation: str) -> None:
        """Open a conversation of the queue and wait for it."""
        self.row(conversation).click()
        expect(self.messages).to_be_visible()

    def take_over(self) -> None:
        """Become the one who answers."""
        self.page.get_by_role("button", name=re.compile("^Take over")).first.click()
        expect(self.reply).to_be_focused()

    def write(self, text: str) -> None:
        """Reply to the customer, with the keyboard."""
        self.reply.fill(text)
        self.reply.press("Enter")
        expect(self.reply).to_have_value("")

    def bubbles(self, author: str) -> Locator:
        """Messages of ``customer``, ``bot``, ``agent`` or ``note``."""
        return self.messages.locator(f"li.{author} .bubble")


def at_the_chat(windows: Windows, stack: Stack, **options: Any) -> Widget:
    """A new customer who has just opened the chat on the demo page."""
    return Widget(windows.open(stack.url, **options)).open()


def at_the_desk(windows: Windows, stack: Stack, *, role: str = "agent", **options: Any) -> Desk:
    """A new agent who has just logged in."""
    windows.expect_error("status of 401")  # a browser reports that nobody was logged in when the desk asked
    name = stack.agent(role=role).name
    return Desk(windows.open(f"{stack.url}/desk", **options), name).log_in()


def waiting_for_a_person(windows: Windows, stack: Stack, about: str, **options: Any) -> Widget:
    """A new customer who has said what it is about and waits for a person."""
    widget = at_the_chat(windows, stack, **options)
    widget.ask(about, "")
    widget.say("I want to talk to a person")
    expect(widget.state).to_have_text("Waiting for a person")
    return widget
