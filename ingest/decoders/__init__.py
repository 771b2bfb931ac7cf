"""Decoders, one file for each format: pure functions from a message to readings, found by name in `registry`."""
