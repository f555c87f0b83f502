"""What an answer of a receiver means for the message that it was sent."""

from enum import Enum, auto

_GONE = 410


class DeliveryVerdict(Enum):
    """The receiver has the message; has it not, so that it is sent again; or wants none any more."""

    DELIVERED = auto()
    FAILED = auto()
    GONE = auto()


def judge(status: int) -> DeliveryVerdict:
    """Any 2xx is a yes; a redirect is none, since the address that a person named was judged and no other one."""
    if status == _GONE:
        return DeliveryVerdict.GONE
    return DeliveryVerdict.DELIVERED if status // 100 == 2 else DeliveryVerdict.FAILED  # noqa: PLR2004 - as HTTP has it


def sentence_about(status: int) -> str:
    """What an answer that is no yes says to a person."""
    match status // 100:
        case 3:
            return (
                f"The receiver answered {status}: redirects are not followed, so name the address that answers itself."
            )
        case 4:
            return f"The receiver refused the message with {status}."
        case 5:
            return f"The receiver failed with {status}."
    return f"The receiver answered {status}, which is neither yes nor no."
