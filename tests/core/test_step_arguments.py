from mediaproc.core.limits import MATERIAL_FORMATS, Limits, input_limits
from mediaproc.core.step import GRAPH_OPTION, Step
from mediaproc.core.step_arguments import step_arguments


def _given(*arguments: str) -> tuple[str, ...]:
    step = Step(name="a step", arguments=arguments, output="film")
    return step_arguments(step, limits=Limits(), graph_option="-/filter_complex")


def test_the_limits_stand_last_before_every_input_so_that_no_plan_loosens_them() -> None:
    loose = ("-format_whitelist", "ALL", "-protocol_whitelist", "http,tcp")
    limited = input_limits(Limits(), formats=MATERIAL_FORMATS)
    assert _given(*loose, "-i", "file:a", "-ss", "1", "-i", "file:b", "-c", "copy") == (
        *(*loose, *limited, "-i", "file:a"),
        *("-ss", "1", *limited, "-i", "file:b"),
        *("-c", "copy"),
    )


def test_only_a_list_that_the_plan_itself_names_may_name_other_files() -> None:
    def formats(*arguments: str) -> str:
        given = _given(*arguments)
        return given[given.index("-format_whitelist") + 1]

    assert "concat" not in formats("-i", "file:a")
    assert formats("-f", "concat", "-i", "file:a").startswith("concat,")
    assert formats("-f", "lavfi", "-i", "color") == "lavfi"
    assert formats("-f", "hls", "-i", "file:a") == ",".join(MATERIAL_FORMATS)
    # What belongs to one input is none of the next one's.
    second = _given("-f", "concat", "-i", "file:a", "-i", "file:b")
    assert second[len(second) - second[::-1].index("-format_whitelist")] == ",".join(MATERIAL_FORMATS)


def test_a_graph_is_passed_by_the_option_that_this_ffmpeg_has() -> None:
    assert _given("-i", "file:a", GRAPH_OPTION, "graph.txt")[-2:] == ("-/filter_complex", "graph.txt")
