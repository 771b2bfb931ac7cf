"""Ingest: takes every message in over MQTT 5, decodes it, and acknowledges it once the store has its readings."""
