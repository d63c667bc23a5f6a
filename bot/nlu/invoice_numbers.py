"""Invoice numbers as customers write them: INV-2026-00123, inv 2026 00123, invoice no. 2026-00123."""

import re
from collections.abc import Iterator

_SEPARATOR = r"[-–—_/.\s]"
_INVOICE = re.compile(
    rf"\binv(?:oice)?(?:\s?(?:numbers?|num|no|nr|id|#|is|was|[.:]))*{_SEPARATOR}*(20\d\d){_SEPARATOR}?(\d{{3,6}})(?![\w])",
    re.IGNORECASE,
)
_BARE = re.compile(r"(?<![\w+-])(20\d\d)-(\d{5})(?![\w-])")  # no date has five digits at its end


def find_invoice_numbers(text: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and proper spelling, INV-year-number, of the invoice numbers in `text`."""
    for found in (*_INVOICE.finditer(text), *_BARE.finditer(text)):
        yield *found.span(), f"INV-{found[1]}-{found[2]}"
