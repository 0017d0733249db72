"""The whole job against the sandbox carrier, as a person would do it: `python -m config.demo [--once]`."""
