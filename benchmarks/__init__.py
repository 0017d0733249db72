"""How fast the flow is, as ratios to a bare baseline of the same run: `python -m benchmarks [NAME ...]`.

Ratios travel between machines, seconds do not. Nothing here is a test: no time is promised.
"""
