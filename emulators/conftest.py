"""The same model and PostgreSQL as in `tests/`."""

from tests.conftest import migrated, model, postgres, stocked

__all__ = ["migrated", "model", "postgres", "stocked"]
