"""Whole stories against emulators of Telegram and Slack that others wrote; `make emulators`, see README.md."""
