"""Benchmarks: Headgate beside its peers and beside what one would write by hand. `make bench-gate`."""
