from dataclasses import replace

import pytest

from tests.core.plan.sources import graph_of, plan_of, with_film


def test_dv_is_interlaced_where_nothing_says_what_it_is() -> None:
    plan = plan_of(replace(with_film(codec="dvvideo", field_order=""), format_name="dv"))
    assert "interlaced" in plan.flags
    assert "bwdif=deint=interlaced:mode=send_frame" in graph_of(plan)
    assert "interlaced" not in plan_of(with_film(codec="dvvideo", field_order="progressive")).flags


@pytest.mark.parametrize("pixel_format", ["argb", "abgr", "0rgb", "0bgr", "x2rgb10le", "rgba", "gbrp", "bgr24"])
def test_rgb_in_every_order_is_named_once_it_is_yuv(pixel_format: str) -> None:
    assert "setparams=color_primaries=bt709" in graph_of(plan_of(with_film(pixel_format=pixel_format)))


def test_filters_come_in_the_order_in_which_a_picture_needs_them() -> None:
    graph = graph_of(plan_of(with_film(field_order="tt", color_transfer="smpte2084", pixel_format="yuv420p10le")))
    places = [
        graph.index(name)
        for name in (
            "bwdif",
            "zscale",
            "tonemap=",
            "scale=if(",
            "pad=1280:720",
            "setsar",
            "sidedata=",
        )
    ]
    assert places == sorted(places)
    assert graph.startswith("[0:0]bwdif=mode=send_frame")


def test_a_plain_picture_gets_no_filter_that_it_does_not_need() -> None:
    graph = graph_of(plan_of(with_film(codec="mpeg4", color_space="bt709")))
    others = ("bwdif", "zscale", "tonemap", "tpad", "setparams", "overlay", "framestep", "setpts")
    assert not any(name in graph for name in others)
