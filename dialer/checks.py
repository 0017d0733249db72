"""System checks: wrong settings are refused at start."""
