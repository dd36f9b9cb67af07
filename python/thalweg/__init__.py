"""Thalweg from Python: events as arrays, and reports. The work itself is done by the C++ program."""

from thalweg.events import load

__all__ = ["load"]
