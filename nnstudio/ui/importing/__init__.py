"""Tables of the user's own: looked at, read, prepared and brought into the project."""
