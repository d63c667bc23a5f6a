"""Ways in and out: each channel translates and nothing else."""
