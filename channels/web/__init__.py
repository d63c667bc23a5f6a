"""The website: chat API, widget, help page."""
