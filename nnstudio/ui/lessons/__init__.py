"""Lessons in the window: the panel that walks through them, and what it does to the window."""
