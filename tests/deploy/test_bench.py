"""The benchmark measures what it says, on real engines, and tells which aims were met."""

import argparse
import json

import pytest

from deploy import bench

pytestmark = pytest.mark.engines


def test_the_benchmark_gives_ratios_and_says_which_aims_were_met(capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    bench.add_arguments(parser)
    options = ["--json", "--rounds", "1", "--events", "200", "--listed", "60", "--screen-rounds", "1", "--no-footprint"]
    assert bench.run(parser.parse_args(options)) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["postgres_fsync"] == "on"
    for ratio in ("relay_ratio", "consume_ratio"):
        assert figures[ratio] > 0
        assert figures["aims"][ratio]["met"] is (figures[ratio] >= float(figures["aims"][ratio]["aim"].split()[-1]))
    assert figures["list_share_seen"] == 0.15
    assert figures["dossier_panels"] > 3
    assert figures["aims"]["list_ms"]["met"] is (figures["list_ms"] <= 200)
    assert 0 < figures["commit_to_effect_p50_ms"] <= figures["commit_to_effect_p99_ms"]


def test_figures_are_told_with_their_aims() -> None:
    text = bench.as_text({"relay_ratio": 0.5, "aims": {"relay_ratio": {"aim": "at least 0.6", "met": False}}})
    assert text.split() == ["relay", "ratio", "0.5", "(at", "least", "0.6:", "MISSED)"]
