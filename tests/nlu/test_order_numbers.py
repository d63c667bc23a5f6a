"""Order numbers of any shape, as customers write them."""

from pathlib import Path

import pytest

from bot.business import load_business
from bot.check import problems
from bot.errors import ConfigurationError
from bot.nlu.order_numbers import order_numbers

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        (r"FJ-\d{6}", "fj 123456, FJ123456 and fj-000001", ["FJ-123456", "FJ-123456", "FJ-000001"]),
        (r"FJ-\d{6}", "FJ-1234567, XFJ-123456, FJ-12345", []),
        (r"[A-Z]{2}\d{6}", "it is ab123456", ["AB123456"]),
        (r"[A-F-]{3}-\d{2}", "ABC-12, abc12", ["ABC-12", "ABC-12"]),
        (r"[]-]\d{3}", "]123", ["]123"]),
        (r"W\d{3}[-/]\d", "w123-1 or w123/1", ["W123-1", "W123/1"]),
        (r"A\d{2}|B-\d{3}", "A12, b 123, ABC, A1", ["A12", "B-123"]),
        (r"A|B\d{3}", "b123 ABC", ["B123"]),
        (r"^FJ-\d{6}$", "my order fj-123456 is late", ["FJ-123456"]),
        (r"(?i)ord-\d+", "Ord 12", ["Ord-12"]),
        (r"(?x) FJ - \d{6} # the number", "fj123456", ["FJ-123456"]),
        (r"[a-z]{2}-\d{2}-\d{3}", "AB-12-345, ab12345, ab 12 345", ["ab-12-345"] * 3),
        (r"FJ(?:-\d{2}){2}", "FJ1234", ["FJ-12-34"]),
        (r"(?P<shop>FJ)\-\d{2}", "fj 12", ["FJ-12"]),
        (r"\d{2}(?<=-\d\d)|X\d{3}", "x123", ["X123"]),
        (r"[A-Z]{7}", "I am FURIOUS, furious", ["FURIOUS"]),
    ],
)
def test_any_shape_is_found_in_the_spelling_of_the_business(pattern: str, text: str, expected: list[str]) -> None:
    """Classes, alternatives, anchors and flags stay what they are; hyphens and capitals may be left out."""
    found = list(order_numbers(pattern).find(text))
    assert [value for _, _, value in found] == expected
    assert all(0 <= start < end <= len(text) for start, end, _ in found)


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [("FJ-(", "not a regular expression"), ("[A-", "not a regular expression"), (r"\d*", "fits an empty text")],
)
def test_a_shape_of_no_use_is_refused_before_anything_starts(tmp_path: Path, pattern: str, reason: str) -> None:
    """Loading and `warmline check` name business.yml, the line and the fix; no turn ever meets the pattern."""
    lines = (ROOT / "business.yml").read_text(encoding="utf-8").replace(r"pattern: FJ-\d{6}", f"pattern: '{pattern}'")
    (tmp_path / "business.yml").write_text(lines, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=reason) as refused:
        load_business(tmp_path)
    number = next(place for place, line in enumerate(lines.splitlines(), 1) if "pattern:" in line)
    assert f"business.yml:{number}" in str(refused.value) and "Fix: " in str(refused.value)
    assert any(reason in problem.problem for problem in problems(tmp_path))
