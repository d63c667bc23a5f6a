"""The embedded PostgreSQL against real kills, twins, stale files and full disks."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from bot.embedded_postgres import EmbeddedPostgres
from bot.errors import StartError

# A process of its own that starts the server, says so, and waits to be ended.
STARTER = """
import sys, time
from pathlib import Path
from bot.embedded_postgres import EmbeddedPostgres
from bot.errors import StartError
server = EmbeddedPostgres(Path(sys.argv[1]))
try:
    print("started" if server.start() else "attached", server.pid(), flush=True)
except StartError as error:
    sys.exit(str(error))
sys.stdin.read()
server.stop()
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(tmp_path / "data")
    yield server
    server.stop()


def eventually(true: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def value(server: EmbeddedPostgres, query: str) -> object:
    with psycopg.connect(server.url) as connection:
        row = connection.execute(query).fetchone()  # type: ignore[call-overload]
        return row[0] if row else None


def starter(directory: Path, *wrapped: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*wrapped, sys.executable, "-c", STARTER, str(directory)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_data_outlives_a_stop(server: EmbeddedPostgres) -> None:
    """What was committed is there after an ordinary stop, and stop leaves no process behind."""
    assert server.start()
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS number")
    server.stop()
    assert server.pid() is None
    assert server.start()
    assert value(server, "SELECT number FROM kept") == 42


def test_reachable_only_through_the_private_directory(server: EmbeddedPostgres) -> None:
    """No TCP port, a directory that is closed to others, durability not switched off."""
    server.start()
    assert value(server, "SHOW listen_addresses") == ""
    assert server.directory.stat().st_mode & 0o777 == 0o700
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        assert value(server, f"SHOW {setting}") == "on"


@pytest.mark.parametrize("name", ["d" * 120, 'Åse\'s, "data" 100%'])
def test_any_directory_will_do(tmp_path: Path, name: str) -> None:
    """Paths too long for a socket, or with characters that addresses trip over, still work."""
    server = EmbeddedPostgres(tmp_path / name)
    try:
        server.start()
        assert value(server, "SELECT 1") == 1
        assert server.socket_directory.stat().st_mode & 0o777 == 0o700
    finally:
        server.stop()
        server.socket_directory.rmdir()


def test_survives_the_kill_of_the_server(server: EmbeddedPostgres) -> None:
    """kill -9 of the main process: the next start waits for its backends and keeps the data."""
    server.start()
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS number")
        killed = server.pid()
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        assert server.start()
    assert server.pid() != killed
    assert value(server, "SELECT number FROM kept") == 42


def test_waits_for_busy_backends_of_a_killed_server(server: EmbeddedPostgres) -> None:
    """While a backend of the killed server is at work, no second server touches its files."""
    server.start()
    main = server.pid()
    connection = psycopg.connect(server.url)
    backend = connection.info.backend_pid
    os.kill(backend, signal.SIGSTOP)  # deep in some work: it does not notice its server's end
    assert main is not None
    os.kill(main, signal.SIGKILL)
    later = starter(server.directory)
    time.sleep(1)
    assert later.poll() is None and server.pid() is None
    os.kill(backend, signal.SIGKILL)
    assert later.stdout is not None and later.stdout.readline().startswith("started")
    later.communicate()
    connection.close()


def test_stops_with_a_killed_parent(tmp_path: Path) -> None:
    """kill -9 of the process that started the server ends the server too; nothing is orphaned."""
    first = starter(tmp_path)
    assert first.stdout is not None
    assert first.stdout.readline().startswith("started")
    server = EmbeddedPostgres(tmp_path)
    assert server.pid() is not None
    first.kill()
    first.communicate()
    eventually(lambda: server.pid() is None)
    assert server.start()
    server.stop()


def test_reused_process_number(server: EmbeddedPostgres) -> None:
    """A stale postmaster.pid whose number belongs to a stranger neither blocks nor hurts anyone."""
    server.start()
    main = server.pid()
    assert main is not None
    os.kill(main, signal.SIGKILL)
    eventually(lambda: server.pid() is None)
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        for file in (server.cluster / "postmaster.pid", server.directory / ".s.PGSQL.5432.lock"):
            lines = file.read_text().split("\n")
            file.write_text("\n".join([str(stranger.pid), *lines[1:]]))
        assert server.pid() is None
        assert server.start()
        server.stop()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_two_first_starts_at_once(tmp_path: Path) -> None:
    """One makes the cluster and starts; the other attaches to the same server."""
    twins = [starter(tmp_path), starter(tmp_path)]
    said = [twin.stdout.readline().split() for twin in twins if twin.stdout]
    for twin in twins:
        twin.communicate()
    assert sorted(how for how, _ in said) == ["attached", "started"]
    assert said[0][1] == said[1][1]


def test_interrupted_first_start(server: EmbeddedPostgres) -> None:
    """Files of a cluster that was never finished are thrown away, not used."""
    half = server.directory / "postgres.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    assert server.start()
    assert not half.exists()


def test_no_permission(tmp_path: Path) -> None:
    """A directory we may not write in: one line that names it and a way out."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    as_user = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
    refused = starter(closed / "data", *(as_user if os.geteuid() == 0 else []))
    _, error = refused.communicate()
    assert refused.returncode == 1
    assert error.strip() == (
        f"Cannot write in {closed / 'data'}: Permission denied."
        " Fix: free or unlock it, or choose another place with --data."
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk takes root")
def test_full_disk(tmp_path: Path) -> None:
    """A disk without room: one line with the figures and a way out, nothing half made."""
    script = 'mount -t tmpfs -o size=20m none "$1" && exec "$2" -c "$3" "$1"'
    refused = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, "sh", str(tmp_path), sys.executable, STARTER],
        capture_output=True,
        text=True,
    )
    assert refused.returncode == 1
    assert "MB are free" in refused.stderr and "--data" in refused.stderr
    assert refused.stderr.count("\n") == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs the user namespace")
def test_user_namespaces_forbidden(tmp_path: Path) -> None:
    """Root in a container that forbids user namespaces is told both ways out."""
    script = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$1" -c "$2" "$3"'
    refused = subprocess.run(
        ["unshare", "-U", "--map-root-user", "sh", "-c", script, "sh", sys.executable, STARTER, str(tmp_path)],
        capture_output=True,
        text=True,
    )
    assert refused.returncode == 1
    assert "another user" in refused.stderr and "DATABASE_URL" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_broken_cluster(server: EmbeddedPostgres) -> None:
    """What PostgreSQL objects to reaches the person as one line with the place of the log."""
    server.start()
    server.stop()
    (server.cluster / "PG_VERSION").write_text("12\n")
    with pytest.raises(StartError, match=r"incompatible with server .*postgres.log"):
        server.start()


def test_log_holds_no_customer_text(server: EmbeddedPostgres) -> None:
    """A failing statement leaves neither its text nor a row's values in the log."""
    server.start()
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE customer (email text UNIQUE)")
        connection.execute("INSERT INTO customer VALUES ('olga@example.org')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO customer VALUES ('olga@example.org')")
    logged = server.log.read_text()
    assert "duplicate key" in logged and "olga" not in logged
