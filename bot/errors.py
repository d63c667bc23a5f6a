"""What can go wrong, as types: raised once, at the edge where the fact is known."""

from dataclasses import dataclass
from datetime import UTC, datetime


class WarmlineError(Exception):
    """Anything Warmline raises on purpose; its text is fit to be shown to a person."""


@dataclass(frozen=True)
class Problem:
    """One mistake in a file that people write, with the way to put it right.

    `file` is relative to the project, `line` counts from 1.
    """

    file: str
    line: int
    problem: str
    fix: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.problem}. Fix: {self.fix}."


class ConfigurationError(WarmlineError):
    """A file that people write cannot be used; says which, where, and what to do."""

    def __init__(self, file: str, line: int, problem: str, fix: str) -> None:
        self.found = Problem(file, line, problem, fix)
        super().__init__(str(self.found))

    @property
    def file(self) -> str:
        return self.found.file

    @property
    def line(self) -> int:
        return self.found.line

    @property
    def problem(self) -> str:
        return self.found.problem

    @property
    def fix(self) -> str:
        return self.found.fix


class CommandError(WarmlineError):
    """The command line names what business.yml does not have."""


class StartError(WarmlineError):
    """Something around the program keeps it from starting; one line, with the way out."""


class Unavailable(WarmlineError):
    """PostgreSQL does not answer just now; the same call may succeed in a moment."""


class MigrationError(WarmlineError):
    """The database's schema does not fit this program."""


class Refused(WarmlineError):
    """A request that is understood and refused; ``code`` is stable, the text is for a person."""

    status = 400
    code = "invalid"

    def __init__(self, message: str, *, code: str | None = None, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.code = code or self.code
        self.retry_after = retry_after


class InvalidMessage(Refused):
    """A message nobody can make sense of, such as a choice that was never offered."""

    status = 422


class Unauthorized(Refused):
    """No credentials, or none that hold."""

    status = 401
    code = "unauthorized"


class Forbidden(Refused):
    """Known, and not allowed to do this."""

    status = 403
    code = "forbidden"


class NotFound(Refused):
    """No such thing, or none that this caller may know of."""

    status = 404
    code = "not_found"


class WrongState(Refused):
    """The conversation is in a state that does not allow this."""

    status = 409
    code = "wrong_state"


class AlreadyOwned(WrongState):
    """Somebody else has the conversation."""

    code = "owned"

    def __init__(self, owner: str, since: datetime) -> None:
        minutes = max(0, round((datetime.now(UTC) - since).total_seconds() / 60))
        when = "just now" if minutes == 0 else "a minute ago" if minutes == 1 else f"{minutes} minutes ago"
        super().__init__(f"{owner} took this conversation {when}.")


class TooMany(Refused):
    """Over a limit on what comes in; ``retry_after`` is in seconds."""

    status = 429
    code = "slow_down"
