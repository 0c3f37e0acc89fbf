"""Gestures of the canvas: one class each."""
