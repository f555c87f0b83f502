"""The filter graphs that make one picture of a drawn output, or a piece of its sound, small enough to be judged."""

from fractions import Fraction

from mediaproc.core.drawn_check import BLACK_LUMA, DARK, LIGHT
from mediaproc.core.plan.compared_pieces import OUTPUT, SOUND_RATE, sound_piece
from mediaproc.core.similarity import CELLS_A_SIDE

# The numbers of the pieces, by which what is printed is told apart; the inputs of a graph come in this order.
FOUND, WANTED, SHOWN = 0.0, 1.0, 2.0
# Where a pixel of the picture found is brighter than black.
LIT = 3.0

_SIDE = CELLS_A_SIDE * 2
# In two steps and with accurate rounding: from a large picture to a few pixels in one, ffmpeg's scaler adds up the
# errors of its factors, and others for each layout of memory (8 of 255 were met in flat colours).
_SMALL, _FLAGS = 64, "flags=area+accurate_rnd+full_chroma_int"
_BT709 = "out_color_matrix=bt709:out_range=tv"
_TO_CELLS = f"scale={_SIDE}:{_SIDE}:{_FLAGS}:{_BT709}:in_color_matrix=bt709:in_range=tv"
_SCALED = f"scale={_SMALL}:{_SMALL}:{_FLAGS}:{_BT709}"
_CUT = f",format=yuv444p,setsar=1,untile={CELLS_A_SIDE}x{CELLS_A_SIDE}"
_CELLS = f"{_SCALED},{_TO_CELLS}{_CUT}"
# Both are drawn in BT.709, whatever they are tagged with.
_DRAWN = f"{_SCALED}:in_color_matrix=bt709:in_range=tv,{_TO_CELLS}{_CUT}"
# Of the output the pictures on both sides, too: where a material has another rate, the one that is drawn alone may
# come of the next picture of it.
_BESIDE = "trim=end_frame=3"
# One picture is enough of the others; of a transparent one what lies in it is seen on black.
_FIRST = "trim=end_frame=1"
_ON_BLACK = "format=yuva444p,premultiply=inplace=1"
_LIGHTS = f"format=yuv444p,lutyuv=y='{DARK}+{LIGHT - DARK}*gt(val,{BLACK_LUMA})':u=128:v=128"


def seek_beside(frame: int, *, rate: Fraction) -> float:
    """Where to seek (s) so that the picture before this one is the first that is decoded; half a picture before it."""
    return max(0.0, float((frame - 1 - Fraction(1, 2)) / rate))


def look_graph(*, shows: str | None) -> str:
    """Of the output, of the picture drawn alone and, where it `shows` a stream of one, of a material: one of each."""
    chains = [
        f"[0:v:0]{_BESIDE},split[found][lights]",
        f"[found]{_printed(_DRAWN, piece=FOUND)}[p0]",
        f"[lights]{_printed(f'{_LIGHTS},{_DRAWN}', piece=LIT)}[p1]",
        f"[1:v:0]{_FIRST},{_printed(_DRAWN, piece=WANTED)}[p2]",
        # A graph may give nothing, and an output that gets nothing fails.
        "color=s=2x2:d=0.04,format=yuv444p[p3]",
        *((f"[2:{shows}]{_FIRST},{_ON_BLACK},{_printed(_CELLS, piece=SHOWN)}[p4]",) if shows is not None else ()),
    ]
    count = len(chains) - 1
    ends = "".join(f"[p{number}]" for number in range(count))
    return ";".join((*chains, f"{ends}interleave=nb_inputs={count},setpts=N[pictures]"))


def listen_graph(*, hears: str) -> str:
    """Of the output, and of this stream of a material: a piece of the sound of each."""
    found, wanted = (
        sound_piece((), side=OUTPUT, number=number, piece=piece, name=f"sound-{number}").text
        for number, piece in enumerate((FOUND, WANTED))
    )
    wanted = wanted.replace("[1:a:0]", f"[1:{hears}]")
    blank = f"anullsrc=r={SOUND_RATE}:cl=mono:d=0.04,aformat=sample_fmts=fltp[blank]"
    return f"{found};{wanted};{blank};[sound-0][sound-1][blank]ainterleave=nb_inputs=3,asetpts=N[sounds]"


def _printed(chain: str, *, piece: float) -> str:
    return (
        f"{chain},signalstats,metadata=mode=add:key=piece:value={OUTPUT}-picture-{piece:.6f},"
        "metadata=mode=print:file=-:direct=1"
    )
