"""The chat on a website of another origin, with a strict Content-Security-Policy."""

from playwright.sync_api import expect

from tests.browser.checks import accessible, fits
from tests.browser.other_site import OtherSite
from tests.browser.people import Widget, Windows
from tests.scenarios.stack import Stack

_SPY = (
    "window.violations = []; addEventListener('securitypolicyviolation', (e) => violations.push(e.violatedDirective))"
)


def test_a_website_on_the_list_shows_the_chat(stack: Stack, windows: Windows, welcome_site: OtherSite) -> None:
    """It works whole, breaks no rule of the page's policy, and the page's styles do not reach into it."""
    welcome_site.warmline = stack.url
    page = windows.open(welcome_site.url)
    page.context.add_init_script(_SPY)
    page.reload()
    widget = Widget(page).open()
    widget.ask("how much does delivery cost?", "€4.90")
    expect(widget.log.get_by_role("link").last).to_have_attribute("href", f"{stack.url}/help/delivery-cost")
    page.reload()
    expect(widget.bubbles("customer")).to_have_text(["how much does delivery cost?"])
    widget.choice("Yes, it did").click()
    expect(widget.bubbles("customer")).to_have_count(2)
    style = widget.bubbles("bot").first.evaluate("(element) => getComputedStyle(element).textTransform")
    assert style == "none"
    fits(page, widget.log)
    accessible(page, "another website")
    assert page.evaluate("violations") == []


def test_a_website_that_is_not_on_the_list_gets_no_chat(stack: Stack, windows: Windows) -> None:
    """The widget says that it is not available there, and nothing can be asked of the server."""
    windows.expect_error("CORS policy|ERR_FAILED")
    with OtherSite() as site:
        site.warmline = stack.url
        page = windows.open(site.url)
        widget = Widget(page).open()
        widget.composer.fill("hello")
        widget.composer.press("Enter")
        expect(widget.panel.get_by_text("The chat is not available on this website.")).to_be_visible()
        calls = "fetch(`${server}/chat/${path}`, {method, body, headers}).then(() => 'read', () => 'refused')"
        script = f"([server, path, method, body, headers]) => {calls}"
        for path, method, body in (("sessions", "POST", "{}"), ("messages?after=0", "GET", None)):
            headers = {"authorization": "Bearer x", "content-type": "application/json"}
            assert page.evaluate(script, [stack.url, path, method, body, headers]) == "refused"


def test_the_accent_and_title_of_the_website_are_used(stack: Stack, windows: Windows, welcome_site: OtherSite) -> None:
    """Attributes theme the chat; the text on the accent stays readable, which axe has checked."""
    welcome_site.warmline = stack.url
    widget = Widget(windows.open(welcome_site.url))
    expect(widget.launcher).to_have_accessible_name("Ask us")
    assert widget.launcher.evaluate("(element) => getComputedStyle(element).backgroundColor") == "rgb(122, 31, 92)"
