"""The vocabulary of a town: its places, sensors, readings and alerts, and how a town folder is read and checked."""
