"""Gaps: what customers ask and no article answers, from `data/faq/<language>/gaps.yml`.

A question that is nearest to a gap finds nothing instead of the article next to it: the customer is asked for other
words, and then offered a person. The file is also the list of articles that somebody should write: with the article
the gap goes.
"""

from collections.abc import Mapping
from pathlib import Path

from bot.errors import ConfigurationError
from bot.yamlfile import read_document

Gaps = Mapping[str, tuple[str, ...]]
"""Topic → questions."""


def load_gaps(root: Path, language: str) -> Gaps:
    """The gaps of one language; none where there is no file.

    Raises ConfigurationError for a topic without questions, or a question that stands under two of them.
    """
    file = f"data/faq/{language}/gaps.yml"
    if not (root / file).exists():
        return {}
    document = read_document(root / file, file)
    topics = document.data
    if not isinstance(topics, dict):
        raise ConfigurationError(file, 1, "this must be a list of topics", "write topic: and its questions below")
    topic_of: dict[str, str] = {}
    for topic, questions in topics.items():
        if not isinstance(questions, list) or not questions or not all(_is_question(each) for each in questions):
            fix = 'write at least one "- question" below it, in quotes where it contains a colon'
            raise ConfigurationError(file, document.line([str(topic)]), f'"{topic}" needs questions', fix)
        for place, question in enumerate(questions):
            if topic_of.setdefault(question.lower(), topic) != topic:
                problem = f'"{question}" also stands under {topic_of[question.lower()]}'
                raise ConfigurationError(file, document.line([topic, place]), problem, "keep it under one topic")
    return {str(topic): tuple(questions) for topic, questions in topics.items()}


def _is_question(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())
