"""Is a report what the plan promised: a short text, every line of the expected form?"""

import re

from mediaproc.core.errors import AttemptFailed, ErrorClass
from mediaproc.core.expectation import Expectation, ExpectedReport
from mediaproc.core.safe_text import quoted
from mediaproc.core.verification import Verification, VerificationResult


def judge_report(content: bytes, expectation: Expectation) -> Verification:
    """The verification of a report, of which at least one byte more than it may have was read.

    Raises:
        AttemptFailed: it is not what was planned.
    """
    fault = "nothing says what it must be" if expectation.report is None else _fault(content, expectation.report)
    if fault is not None:
        raise AttemptFailed(f"The report is not what was planned: {fault}.", error_class=ErrorClass.VERIFICATION_FAILED)
    return Verification(
        result=VerificationResult.VERIFIED,
        ratio=None,
        duration=None,
        width=None,
        height=None,
        video_codec=None,
        audio_codec=None,
    )


def _fault(content: bytes, expected: ExpectedReport) -> str | None:
    if len(content) > expected.most_bytes:
        return f"it has more than {expected.most_bytes} bytes"
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return "it is no text"
    # Not `splitlines`, which also breaks lines where a reader of text files does not.
    *lines, rest = text.split("\n")
    if rest:
        return "its last line has no end"
    if not expected.least_lines <= len(lines) <= expected.most_lines:
        return f"it has {len(lines)} lines"
    form = re.compile(expected.line)
    stray = next((line for line in lines if form.fullmatch(line) is None), None)
    return None if stray is None else f"a line of it is {quoted(stray)}"
