"""What Rasa may ask for: actions read the conversation, the articles and the wording, and propose a reply.

They change nothing outside the dialogue. What should happen besides words, they put as wishes into the slot
`wishes`, and the core decides. `rasa run actions` and Warmline's worker run the same functions.
"""
