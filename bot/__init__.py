"""Warmline's core: what the product decides and remembers."""
