"""The `warmline` command where it needs no running server."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import psycopg
import pytest

from bot.train import fingerprint

ROOT = Path(__file__).parents[1]
EXAMPLES = "data/nlu/en/greetings.yml"

Warmline = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the sample project that may be broken."""
    for name in ("business.yml", "config.yml", "domain.yml"):
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "data", tmp_path / "data")
    return tmp_path


@pytest.fixture
def warmline() -> Warmline:
    """Run the command as a person would; without a database unless one is given."""

    def run(*arguments: str, cwd: Path = ROOT, input: str = "", url: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "bot.main", *arguments],
            cwd=cwd,
            env=os.environ | {"DATABASE_URL": url, "PYTHONPATH": str(ROOT)},
            input=input,
            capture_output=True,
            text=True,
            timeout=180,
        )

    return run


@pytest.mark.parametrize(
    "command", ["up", "web", "worker", "train", "explain", "questions", "shell", "agent", "agent add"]
)
def test_help_shows_examples(command: str, warmline: Warmline) -> None:
    """Each command explains itself with an example that can be copied."""
    shown = warmline(*command.split(), "--help")
    assert shown.returncode == 0
    assert f"  warmline {command}" in shown.stdout or f"NAME warmline {command}" in shown.stdout.replace(
        "/name", "NAME"
    )


def test_outside_of_a_project(tmp_path: Path, warmline: Warmline) -> None:
    """Somewhere else it says what it misses, in one line."""
    refused = warmline("check", cwd=tmp_path)
    assert refused.returncode == 1
    assert refused.stderr == "There is no business.yml here. Fix: run this in the project's directory.\n"


@pytest.mark.parametrize("command", ["web", "worker"])
def test_parts_need_a_database(command: str, warmline: Warmline) -> None:
    """A part that is started alone names the variable it needs and the easy way."""
    refused = warmline(command)
    assert refused.returncode == 1
    assert "DATABASE_URL" in refused.stderr
    assert "warmline up" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_sample_project_is_in_order(warmline: Warmline) -> None:
    """What we ship passes its own checks."""
    checked = warmline("check")
    assert (checked.stdout, checked.returncode) == ("", 0)


@pytest.mark.parametrize("command", ["check", "up", "train", "explain hello", "telegram info", "web", "worker"])
def test_a_file_that_is_wrong_is_two(command: str, project: Path, database: str, warmline: Warmline) -> None:
    """Whichever command meets it."""
    (project / "business.yml").write_text("name: Lamps\nlanguage: [en]\n")
    refused = warmline(*command.split(), cwd=project, url=database)
    assert refused.returncode == 2
    assert (refused.stdout + refused.stderr).startswith("business.yml:")


def test_what_a_platform_says_is_one(project: Path, warmline: Warmline, monkeypatch: pytest.MonkeyPatch) -> None:
    """`check` tells a file that is wrong from a platform that is not to be reached."""
    monkeypatch.setenv("TELEGRAM_TOKEN", "1:none")
    business = (project / "business.yml").read_text()
    there = "token: TELEGRAM_TOKEN, mode: polling"
    assert there in business
    (project / "business.yml").write_text(business.replace(there, f"{there}, api: 'http://127.0.0.1:1'"))
    checked = warmline("check", cwd=project)
    assert checked.stdout.startswith("telegram shop: ") and checked.returncode == 1


def test_check_names_every_problem(project: Path, warmline: Warmline) -> None:
    """Training data that Rasa would accept in silence: one line each, with file, line and fix."""
    (project / EXAMPLES).write_text(
        'version: "3.1"\n'
        "nlu:\n"
        "- intent: thank\n"
        "  examples: |\n"
        "    - Never said [elsewhere](name), truly\n"
        "    - never said elsewhere: truly!\n"
        "- intent: greet\n"
        "  examples: |\n"
        "    - never said elsewhere truly\n"
        "- intent: great\n"
        "  examples: |\n"
        "    - an example of nothing\n"
    )
    checked = warmline("check", cwd=project)
    assert checked.returncode == 2
    assert checked.stdout.splitlines() == [
        f'{EXAMPLES}:12: domain.yml does not know the intent "great". Fix: write "greet", or add it there.',
        f'{EXAMPLES}:12: "great" has 1 examples. Fix: write at least 5, better 30.',
        f"{EXAMPLES}:6: the same example stands in {EXAMPLES}:5. Fix: remove one of them.",
        f'{EXAMPLES}:9: "never said elsewhere truly" is also an example of thank ({EXAMPLES}:5).'
        " Fix: decide for one of the two.",
    ]


def test_check_survives_any_file(project: Path, warmline: Warmline) -> None:
    """Files that hold something else altogether are problems, not crashes."""
    for name, content in {
        "domain.yml": "- just\n- a list\n",
        "config.yml": "",
        EXAMPLES: "\tnot: yaml: at all",
    }.items():
        before = (project / name).read_text() if (project / name).exists() else None
        (project / name).write_text(content)
        checked = warmline("check", cwd=project)
        assert checked.returncode == 2
        assert checked.stdout.startswith(f"{name}:1: ")
        if before is not None:
            (project / name).write_text(before)


def test_what_makes_it_train_again(project: Path) -> None:
    """Training data and settings do, articles and wording do not."""
    before = fingerprint(project, "en")
    for learned in ("config.yml", "domain.yml", "data/nlu/en/new.yml", "data/rules/new.yml", "data/mood/en.yml"):
        file = project / learned
        file.parent.mkdir(exist_ok=True)
        with file.open("a") as opened:
            opened.write("# changed\n")
        assert fingerprint(project, "en") != before
        before = fingerprint(project, "en")
    unlearned = ("data/faq/en/new.md", "data/nlu/nb/new.yml", "data/wording/en/new.yml", "data/canned/new.yml")
    for other in ("business.yml", *unlearned):
        (project / other).parent.mkdir(exist_ok=True)
        with (project / other).open("a") as opened:
            opened.write("# changed\n")
    assert fingerprint(project, "en") == before


@pytest.mark.parametrize("command", ["agent add Olga --password-stdin", "agent list", "questions"])
def test_database_out_of_reach(command: str, warmline: Warmline) -> None:
    """A server that does not answer: one line that names the setting, no traceback."""
    refused = warmline(*command.split(), input="secret\n", url="postgresql://nobody@127.0.0.1:1/none")
    assert refused.returncode == 1
    assert "Connection refused" in refused.stderr
    assert "DATABASE_URL" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_agent_add(project: Path, database: str, warmline: Warmline) -> None:
    """Adds an account with its role and languages; a second one of that name is refused in one line."""
    business = project / "business.yml"
    business.write_text(business.read_text().replace("languages: [en]", "languages: [nb, en]"))
    options = ("--role", "lead", "--language", "en", "--language", "nb", "--password-stdin")
    added = warmline("agent", "add", "Olga", *options, cwd=project, input="a long enough secret\n", url=database)
    assert (added.returncode, added.stderr) == (0, "Olga can log in at the desk now.\n")
    warmline("agent", "add", "Per", "--password-stdin", cwd=project, input="a long enough secret\n", url=database)
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT name, role, languages FROM agent ORDER BY name").fetchall() == [
            ("Olga", "lead", ["en", "nb"]),
            ("Per", "agent", ["nb"]),
        ]
    again = warmline("agent", "add", "Olga", "--password-stdin", input="another long secret\n", url=database)
    assert again.returncode == 1
    assert again.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("agent add Olga --language en --language xx", "xx is no language of business.yml. Fix: choose en, or add it"),
        ("explain hello --language xx", "xx is no language of business.yml. Fix: choose en, or add it"),
        ("telegram info --account xx", "business.yml has no Telegram account xx. Fix: choose one of: "),
    ],
)
def test_what_the_business_does_not_have_is_two(command: str, said: str, database: str, warmline: Warmline) -> None:
    """The command line is wrong: one line says what there is, before anything is asked or done."""
    refused = warmline(*command.split(), url=database)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith(said) and refused.stderr.count("\n") == 1


def test_agents_before_the_first_start(tmp_path: Path, warmline: Warmline) -> None:
    """Without a server of any kind it starts the embedded one for as long as it takes."""
    data = tmp_path / "data"
    listed = warmline("agent", "list", "--data", str(data))
    assert (listed.returncode, listed.stdout, listed.stderr) == (0, "", "")
    added = warmline("agent", "add", "Olga", "--password-stdin", "--data", str(data), input="a long enough secret\n")
    assert added.returncode == 0, added.stderr
    assert (data / "postgres" / "PG_VERSION").exists()
    assert not (data / "postgres" / "postmaster.pid").exists()


def test_questions_without_an_answer_are_listed(database: str, warmline: Warmline) -> None:
    """What was written down for the team is to be read: newest first, alike ones together, nothing for a terminal."""
    shown = warmline("questions", url=database)
    assert (shown.stdout, shown.stderr, shown.returncode) == ("", "", 0)
    with psycopg.connect(database) as connection:
        customer = connection.execute("insert into customer (language) values ('en') returning id").fetchone()
        assert customer is not None
        talks = [
            connection.execute(
                "insert into conversation (customer_id, channel, language) values (%s, 'web', 'en') returning id",
                customer,
            ).fetchone()
            for _ in range(3)
        ]
        ids = [str(talk[0]) for talk in talks if talk is not None]
        for place, text, days in (
            (0, "Is the sofa heavy?", 40),
            (0, "how heavy is the sofa", 3),
            (0, "How heavy is the sofa???", 2),
            (1, "the sofa:\nhow heavy IS it, the sofa", 1.5),
            (2, "\x1b[31mThe sofa, how heavy is the?", 1),
            (1, "do you have a shop in Molde", 0.5),
            (2, "HOW heavy\nis the sofa", 0.1),
        ):
            connection.execute(
                "insert into event (conversation_id, kind, actor, data, at)"
                " values (%s, 'unanswered', 'customer', jsonb_build_object('text', %s::text),"
                " now() - make_interval(secs => %s))",
                [ids[place], text, days * 86_400],
            )
    rows = [line.split("\t") for line in warmline("questions", url=database).stdout.splitlines()]
    assert [row[1:] for row in rows] == [
        ["2×", ids[2], "HOW heavy is the sofa"],
        ["1×", ids[1], "do you have a shop in Molde"],
        ["1×", ids[2], "[31mThe sofa, how heavy is the?"],
        ["1×", ids[1], "the sofa: how heavy IS it, the sofa"],
    ]
    [newest, _] = map(json.loads, warmline("questions", "--days", "1", "--json", url=database).stdout.splitlines()[:2])
    assert (newest["text"], newest["asked"], newest["conversation"]) == ("HOW heavy\nis the sofa", 1, ids[2])
    assert datetime.fromisoformat(newest["at"]).tzinfo is not None
    assert warmline("questions", "--days", "0", url=database).returncode == 2


def test_a_password_needs_a_terminal_or_the_option(warmline: Warmline) -> None:
    """In a script nobody can type: one line says so."""
    asked = warmline("agent", "add", "Olga")
    assert asked.returncode == 1 and "--password-stdin" in asked.stderr
    assert "Traceback" not in asked.stderr


def test_check_wants_the_words_of_a_rule_in_each_language(project: Path, warmline: Warmline) -> None:
    """More general ones would keep silent about what keeps the customer safe."""
    business = project / "business.yml"
    text = business.read_text().replace("says: product_danger", "says: gas_danger")
    business.write_text(text)
    line = text[: text.index("says: gas_danger")].count("\n") + 1
    checked = warmline("check", cwd=project)
    assert checked.returncode == 2
    assert checked.stdout == (
        f'business.yml:{line}: escalation.rules[0].says: there is no text for "handoff.ack.gas_danger".'
        " Fix: write it in data/wording/en/handoff.yml, or remove says.\n"
    )


def test_check_lists_what_another_language_lacks(project: Path, warmline: Warmline) -> None:
    """Each part that a second language needs is named with the file to write, a text at a time."""
    business = project / "business.yml"
    business.write_text(business.read_text().replace("languages: [en]", "languages: [en, nb]"))
    lacking = warmline("check", cwd=project).stdout.splitlines()
    places = ("data/faq/nb", "data/canned/nb.yml", "config.nb.yml", "data/wording/nb", "data/nlu/nb")
    assert [line.partition(":")[0] for line in lacking] == list(places)
    assert all(". Fix: " in line for line in lacking)

    for folder in ("faq", "nlu"):
        shutil.copytree(project / "data" / folder / "en", project / "data" / folder / "nb")
    shutil.copytree(project / "data/wording/en", project / "data/wording/nb")
    shutil.copy(project / "data/canned/en.yml", project / "data/canned/nb.yml")
    config = (project / "config.yml").read_text()
    (project / "config.nb.yml").write_text(
        config.replace("HybridIntentClassifier\n", "HybridIntentClassifier\n    encoder: e4\n")
    )
    (project / "data/wording/nb/closing.yml").unlink()
    lacking = warmline("check", cwd=project).stdout.splitlines()
    assert len(lacking) == 2
    assert lacking[0].startswith("config.nb.yml:") and lacking[0].endswith(
        'there is no encoder "e4". Fix: write minilm or e5, or the path of a folder.'
    )
    assert lacking[1].startswith("data/wording/nb:1: there is no text for ") and "goodbye" in lacking[1]
    assert lacking[1].endswith(" Fix: write it as in data/wording/en.")
