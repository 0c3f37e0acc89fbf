"""The canvas: where networks are drawn and watched."""
