"""What the brain costs, measured as ratios within one run."""
