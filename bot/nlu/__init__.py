"""Understanding one message: intent, mood, entities."""
