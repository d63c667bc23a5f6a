"""business.yml: what is right loads, what is wrong is named with its line and the way to put it right."""

import re
import shutil
from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.business import Business, check_business, load_business
from bot.canned import check_canned, load_canned
from bot.errors import ConfigurationError
from bot.facts import facts, fill

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def business() -> Business:
    return load_business(ROOT)


def changed(folder: Path, old: str, new: str) -> tuple[Path, int]:
    """A copy of business.yml with `old` replaced once by `new`, and the line where that happened."""
    text = (ROOT / "business.yml").read_text("utf-8")
    assert old in text
    (folder / "business.yml").write_text(text.replace(old, new, 1), "utf-8")
    return folder, text[: text.index(old)].count("\n") + 1


def test_the_sample_business_is_complete(business: Business) -> None:
    """P16, P18: every cause has at least two remedies, each with a time; the file has no mistake."""
    assert check_business(ROOT) == []
    assert date(2026, 12, 25) in business.holidays
    for cause in business.causes:
        offered = business.remedies_for(cause)
        assert len(offered) >= 2 and all(remedy.time and remedy.due_hours > 0 for remedy in offered)
    refund = business.remedy("refund")
    assert refund is not None and refund.bot_limit == 100
    assert business.remedy("magic") is None
    with pytest.raises(ValidationError, match="frozen"):
        business.name = "Other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("old", "new", "problem", "fix"),
    [
        ("[complain_missing]", "[complain_missin]", '"complain_missin" is not a known cause', '"complain_missing"'),
        ("quiet_seconds", "quiet_second", "listen.quiet_second: not a known setting", 'write "quiet_seconds"'),
        ("case_prefix: FJ", "case_prefix: fj", '"fj" is not a prefix', "capitals"),
        ("Europe/Oslo", "Europe/Olso", '"Europe/Olso" is not a time zone', '"Europe/Oslo"'),
        ("Europe/Oslo", "Norway", '"Norway" is not a time zone', "one that is known, such as"),
        ('tuesday: ["09:00-17:00"]', 'tuesday: ["17:00-09:00"]', "hours.tuesday[0]", "two spans"),
        ('tuesday: ["09:00-17:00"]', 'tuesday: ["9-17"]', '"9-17" is not a span of hours', "09:00-17:00"),
        ('tuesday: ["09:00-17:00"]', 'tuesday: ["09:00-12:00", "11:00-17:00"]', "overlap", "join them"),
        ("tuesday:", "teusday:", '"teusday" is not known', '"tuesday"'),
        ("- 2027-01-01", "- New Year", '"New Year" is not a date', "2026-12-25"),
        ("name: expensive_damage", "name: dear\n      says: gas", "only a rule with at_once says", "add at_once: true"),
        ("id: exchange", "id: refund", '"refund" is used twice', "rename"),
        ("id: exchange", "id: 12", "remedies[1].id: this must be text", "quotes"),
        ("bot_limit: 150", "bot_limit: lots", "remedies[1].bot_limit", "number"),
        ("granted_by: lead", "granted_by: boss", '"boss" is not known', "agent, lead"),
        ("example: FJ-123456", "example: FJ-12", 'the example "FJ-12" does not fit', "correct one"),
        ("legal: lead", "legl: lead", '"legl" is not a reason', '"legal"'),
        ("origins: []", "origins: [https://shop.example/path]", "is not a web origin", "no path"),
        ("email: help@", "email: help at ", "is not an e-mail address", "help@shop.example"),
        ("failures: 2", "failures: 0", "escalation.failures", "greater than or equal to 1"),
    ],
)
def test_a_mistake_is_named_with_line_and_fix(tmp_path: Path, old: str, new: str, problem: str, fix: str) -> None:
    """Whoever edits business.yml is told where the mistake is, what it is, and what to write instead."""
    root, line = changed(tmp_path, old, new)
    with pytest.raises(ConfigurationError) as caught:
        load_business(root)
    error = caught.value
    assert (error.file, problem in error.problem, fix in error.fix) == ("business.yml", True, True), str(error)
    assert error.line == line, str(error)
    assert str(error) == f"business.yml:{error.line}: {error.problem}. Fix: {error.fix}."
    assert error.found in check_business(root)


def test_lines_are_exact(tmp_path: Path) -> None:
    """A wrong item in a list is named by its own line, also when the list goes over two lines."""
    root, line = changed(tmp_path, "complain_refund, complain_billing, complain_unresolved]", "complain_lat]")
    assert next(found.line for found in check_business(root)) == line


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "the file is missing"),
        (b"name: \xff\xfe", "not UTF-8"),
        (b"name: Fjordlys\nname: Other\n", 'duplicate key "name"'),
        (b"name: [Fjordlys\n", "expected"),
        (b"", "this must be a block of settings"),
        (b"- a\n- b\n", "this must be a block of settings"),
        (b"name: Fjordlys\n", '"time_zone" is missing'),
    ],
)
def test_a_file_that_cannot_be_read_is_one_clear_line(tmp_path: Path, content: bytes | None, problem: str) -> None:
    """Missing, garbled, empty or half a file: an error of ours, never a stack trace of a parser."""
    if content is not None:
        (tmp_path / "business.yml").write_bytes(content)
    found = check_business(tmp_path)
    assert any(problem in one.problem for one in found), found
    assert all(one.file == "business.yml" and one.fix and "\n" not in str(one) for one in found)


@pytest.mark.parametrize(
    ("agents", "problem"),
    [
        ("channel: support", '"support" is not the id of a Slack channel'),
        ("{channel: C0123456, on_call: night}", '"night" is not the id of a Slack user group or person'),
        ("{channel: C0123456, by_reason: {legl: C0123457}}", '"legl" is not a reason'),
        ("{channel: C0123456, by_language: {xx: C0123457}}", '"xx" is not one of the languages'),
    ],
)
def test_channels_of_agents_are_ids_for_known_reasons_and_languages(tmp_path: Path, agents: str, problem: str) -> None:
    """A hand-over never gets lost because its channel is misspelt."""
    changed(tmp_path, "name: Fjordlys", "name: Fjordlys")
    text = re.sub(r"(?m)^channels:.*\n(?:[ #].*\n|\n)*", "", (tmp_path / "business.yml").read_text("utf-8"))
    agents = agents if agents.startswith("{") else f"{{{agents}}}"
    text += f"\nchannels:\n  slack:\n    - account: shop\n      agents: {agents}\n"
    (tmp_path / "business.yml").write_text(text, "utf-8")
    assert any(problem in found.problem for found in check_business(tmp_path))


@pytest.mark.parametrize(
    ("vouched_by", "problem"),
    [
        ("[T0123456], client_id: SLACK_ID, client_secret: SLACK_SECRET", None),
        ("[Fjordlys], client_id: SLACK_ID", '"Fjordlys" is not the id of a Slack workspace'),
        ("[T0123456]", "an app with a token of its own is in one workspace, which is believed anyway"),
    ],
)
def test_who_may_vouch_for_an_address_is_named_by_workspace(
    tmp_path: Path, vouched_by: str, problem: str | None
) -> None:
    """A misspelt one would be believed never, or somebody else."""
    changed(tmp_path, "name: Fjordlys", "name: Fjordlys")
    text = re.sub(r"(?m)^channels:.*\n(?:[ #].*\n|\n)*", "", (tmp_path / "business.yml").read_text("utf-8"))
    text += f"\nchannels:\n  slack:\n    - {{account: shop, vouched_by: {vouched_by}}}\n"
    (tmp_path / "business.yml").write_text(text, "utf-8")
    found = check_business(tmp_path)
    assert [one.problem.partition(": ")[2] for one in found] == ([problem] if problem else [])
    assert all((one.file, one.line) == ("business.yml", len(text.splitlines())) and one.fix for one in found)


def test_all_mistakes_are_found_at_once(tmp_path: Path) -> None:
    """`warmline check` lists everything, so that nobody corrects one line at a time."""
    changed(tmp_path, "heat_limit: 0.75", "heat_limit: 75")
    text = (tmp_path / "business.yml").read_text("utf-8").replace("name: Fjordlys", "nane: Fjordlys", 1)
    (tmp_path / "business.yml").write_text(text, "utf-8")
    problems = [found.problem for found in check_business(tmp_path)]
    assert any("heat_limit" in problem for problem in problems)
    assert any('"name" is missing' in problem for problem in problems)
    assert any("nane" in problem for problem in problems)


def test_the_same_facts_everywhere(business: Business) -> None:
    """P38: a field is filled from business.yml; what is not a fact of the business stays for its owner."""
    text = fill("Call {business.contacts.phone}, {business.hours}, {customer_name}.", facts(business))
    assert text == f"Call {business.contacts.phone}, Monday to Friday 9:00 to 17:00, {{customer_name}}."


def test_canned_replies_name_what_is_left_to_fill(business: Business) -> None:
    """P34: facts fill themselves, the other fields are listed once each, in order."""
    assert check_canned(ROOT, business) == []
    replies = {reply.id: reply for reply in load_canned(ROOT, business, language="en")}
    assert len(replies) >= 20
    assert replies["greeting"].fields == ("customer_name", "agent_name")
    assert "{business" not in "".join(reply.text for reply in replies.values())


def test_a_canned_reply_with_an_unknown_field_is_refused(tmp_path: Path, business: Business) -> None:
    """A misspelt field would never be filled: it is named with its line before anybody sends it."""
    (tmp_path / "data").mkdir()
    shutil.copytree(ROOT / "data" / "canned", tmp_path / "data" / "canned")
    file = tmp_path / "data" / "canned" / "en.yml"
    text = file.read_text("utf-8").replace("Hello {customer_name}", "Hello {custmer_name}", 1)
    file.write_text(text, "utf-8")
    line = text[: text.index("{custmer_name}")].count("\n") + 1
    with pytest.raises(ConfigurationError, match=rf'en.yml:{line}: .*custmer_name.*write "customer_name"'):
        load_canned(tmp_path, business, language="en")
    assert len(check_canned(tmp_path, business)) == 1
