"""What each page shows, made from the scene: plain functions that return HTML."""
