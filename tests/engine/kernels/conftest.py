"""Where Numba cannot be imported there are no kernels, and nothing here to test."""

from __future__ import annotations

try:
    import numba  # noqa: F401
except ImportError:
    collect_ignore_glob = ["test_*.py"]
