"""What is measured: each module prints ratios of times taken in one run."""
