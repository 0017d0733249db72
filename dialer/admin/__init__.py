"""The console: a page for each noun. Importing this package registers them all."""

from dialer.admin import account, campaign, contact, contact_list, voice_file

__all__ = ["account", "campaign", "contact", "contact_list", "voice_file"]
