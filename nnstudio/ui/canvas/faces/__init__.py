"""Neurons as pictures: what each computes over the inputs, its values over the data, its incoming weights."""
