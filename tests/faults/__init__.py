"""Brains that are killed at random moments, and what is still there afterwards."""
