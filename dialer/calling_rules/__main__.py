import sys

from dialer.calling_rules.table import markdown

sys.stdout.write(markdown())
