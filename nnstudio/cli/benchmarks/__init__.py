"""What `nnstudio bench` trains, and who else trains it."""
