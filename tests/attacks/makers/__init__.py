"""Every hostile upload, made here and nowhere kept: no file of this kind is in the repository."""

from tests.attacks.attack import Attack
from tests.attacks.makers.bombs import BOMBS
from tests.attacks.makers.names import NAMES
from tests.attacks.makers.references import REFERENCES
from tests.attacks.makers.streams import STREAMS
from tests.attacks.makers.texts import TEXTS

ATTACKS: tuple[Attack, ...] = (*REFERENCES, *BOMBS, *STREAMS, *NAMES, *TEXTS)
