"""Draws very many lines fast: kernels compiled by Numba, and an image that they draw into."""
