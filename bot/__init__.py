"""Warmline's core: what the product decides and remembers."""

__version__ = "0.1.0"
