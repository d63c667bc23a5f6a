"""What is checked on many pages: nothing to scroll sideways for, a focus that can be seen, axe without findings."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

_axe = Axe()

_FOCUS = """() => {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
  const outlined = outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
  return outlined || boxShadow !== 'none' ? '' : element.outerHTML.slice(0, 200);
}"""


def fits(page: Page, *scrollers: Locator) -> None:
    """Neither the page nor these parts of it can be scrolled sideways."""
    wider = "(element) => element.scrollWidth - element.clientWidth"
    assert page.evaluate(f"({wider})(document.documentElement)") <= 0, "the page is wider than the window"
    for scroller in scrollers:
        assert scroller.evaluate(wider) <= 0, f"{scroller} is wider than the room it has"


def focus_is_visible(page: Page) -> None:
    """Whatever has the focus shows it."""
    unseen = page.evaluate(_FOCUS)
    assert not unseen, f"the focus cannot be seen on {unseen}"


def tab_to(page: Page, target: Locator, *, key: str = "Tab", at_most: int = 60) -> None:
    """Press Tab until ``target`` has the focus; on the way the focus can always be seen."""
    expect(target.first).to_be_attached()  # before that, the last Tab would lead out of the page
    for _ in range(at_most):
        page.keyboard.press(key)
        focus_is_visible(page)
        if target.count() and target.first.evaluate("(element) => element.getRootNode().activeElement === element"):
            return
    raise AssertionError(f"{target} was not reached with {key}")


def accessible(page: Page, where: str) -> None:
    """Axe finds nothing, in light and in dark colours."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.wait_for_timeout(50)  # colours worked out by script follow a moment later
        findings = [_words(finding) for finding in _axe.run(page).response["violations"]]
        assert not findings, f"{where}, {scheme}:\n" + "\n".join(findings)


def _words(finding: dict[str, Any]) -> str:
    places = "".join(f"\n    {node['target']} {node['html'][:160]}" for node in finding["nodes"][:5])
    messages = {check["message"] for node in finding["nodes"] for check in [*node["any"], *node["all"], *node["none"]]}
    return f"  {finding['id']}: {finding['help']} {sorted(messages)[:3]}{places}"
