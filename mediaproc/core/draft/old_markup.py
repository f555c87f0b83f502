"""The words of a text in the form of old editors: tags around words in square brackets."""

import re

# Nothing in it can be read in two ways, so that no text takes long.
_TAG = re.compile(r"<[^<>]{0,500}>")


def words_of_markup(content: str) -> str:
    """The words without tags; a text that is not in this form is left as it is."""
    words = _TAG.sub("", content)
    if words != content and words.startswith("[") and words.endswith("]"):
        return words[1:-1]
    return words
