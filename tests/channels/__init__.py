"""The adapters, each against a stand-in of its platform."""
