"""Plots of the training and of what the network computes; only here is pyqtgraph imported."""
