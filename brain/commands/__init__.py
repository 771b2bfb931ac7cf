"""One file a command of `town`."""
