"""Logging: one JSON object a line. No message may hold a customer's words; pass ids and numbers instead.

log.info("turn done", extra={"conversation": id, "seconds": 0.04})
"""

import asyncio
import json
import logging
import sys
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path

import structlog

FILE_BYTES = 5_000_000
OLD_FILES = 3
# What every record has of itself; anything else on it came with `extra`.
OWN = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


class AsJson(logging.Formatter):
    """Time, level, logger, event, then whatever came with `extra`, then the traceback."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        line |= {name: value for name, value in vars(record).items() if name not in OWN}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class CutOff(logging.Filter):
    """When web ends it cuts off whoever is connected, as it should: browsers come back. That is no error."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, asyncio.CancelledError) or str(record.msg).startswith("Cancel %s running task(s)"):
            record.levelno, record.levelname, record.exc_info = logging.INFO, "INFO", None
        return True


def configure(process: str, directory: Path | None) -> None:
    """Log this process: everything to `directory`/`process`.log and warnings to stderr, or all to stderr.

    `warmline up` gives a directory, so that its terminal stays readable; where a service manager
    or a container collects stderr there is none.
    """
    terminal = logging.StreamHandler(sys.stderr)
    terminal.setFormatter(AsJson())
    handlers: list[logging.Handler] = [terminal]
    if directory is not None:
        directory.mkdir(parents=True, exist_ok=True)
        file = RotatingFileHandler(
            directory / f"{process}.log", maxBytes=FILE_BYTES, backupCount=OLD_FILES, encoding="utf-8"
        )
        file.setFormatter(AsJson())
        handlers.append(file)
        terminal.setLevel(logging.WARNING)
        terminal.setFormatter(logging.Formatter(f"{process}: %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=handlers, force=True)
    logging.captureWarnings(capture=True)
    # Below warning Rasa logs what customers wrote, and procrastinate several lines for every job.
    for talkative in ("rasa", "rasa_sdk", "procrastinate"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    # httpx logs addresses, which for Telegram hold the bot's token; the library itself logs answers that it cannot
    # read, and with them what customers wrote. What goes wrong reaches us as an exception.
    for talkative in ("httpx", "httpcore"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    logging.getLogger("telegram").setLevel(logging.CRITICAL + 1)
    logging.getLogger("py.warnings").setLevel(logging.ERROR)
    logging.getLogger("uvicorn.error").addFilter(CutOff())
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, structlog.stdlib.render_to_log_kwargs],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
