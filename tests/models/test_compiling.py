"""torch.compile is tried before long trainings alone, kept where it is faster, and changes nothing else."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from loop_program import SETTINGS, loss, rows, small_net, train  # noqa: E402

from breakeven.models.nn import compiling  # noqa: E402
from breakeven.models.nn.compiling import can_compile, compiled_if_faster, run_eagerly  # noqa: E402
from breakeven.models.nn.devices import Device  # noqa: E402

CPU = Device("cpu", "processor", "fp32", None)


def test_a_short_training_is_not_probed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("breakeven.models.nn.loop.compiled_if_faster", lambda *given: pytest.fail("probed"))
    assert train(tmp_path, seconds=60.0)[0].step == SETTINGS.steps


def test_a_training_that_goes_on_keeps_its_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = []
    monkeypatch.setattr("breakeven.models.nn.loop.compile_net", compiled.append)
    (tmp_path / "form.json").write_text('{"compiled": true}')
    train(tmp_path, seconds=60.0)
    assert len(compiled) == 1


def test_a_long_training_is_probed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    probes = []
    monkeypatch.setattr("breakeven.models.nn.loop.FEWEST_STEPS", 1)
    monkeypatch.setattr("breakeven.models.nn.loop.LONG_SECONDS", 1.0)
    monkeypatch.setattr("breakeven.models.nn.loop.compiled_if_faster", lambda *given: bool(probes.append(1)))
    trace, _ = train(tmp_path)
    assert trace.step == SETTINGS.steps
    train(tmp_path)
    assert probes == [1]
    assert (tmp_path / "form.json").read_text() == '{"compiled": false}'


def test_what_is_slower_stays_eager_and_nothing_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    net, (inputs, answers) = small_net(), rows()
    before = {name: each.clone() for name, each in net.state_dict().items()}
    made = []

    def passes(number: int) -> None:
        loss(net.train(), {"inputs": inputs, "answers": answers}).backward()
        net.zero_grad(set_to_none=True)
        time.sleep(0.02 if made else 0.0)

    monkeypatch.setattr(compiling, "can_compile", lambda device: True)
    monkeypatch.setattr(compiling, "compile_net", lambda net: made.append(net))
    assert not compiled_if_faster(net, passes, CPU, lambda seconds: 1e4), "the sleep makes it slower"
    assert made == [net]
    assert all(torch.equal(each, before[name]) for name, each in net.state_dict().items())
    assert not compiled_if_faster(net, passes, CPU, lambda seconds: 10.0), "it is over before compiling would be"
    assert made == [net]


def test_without_a_compiler_nothing_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    assert not can_compile(CPU)
    assert not compiled_if_faster(small_net(), lambda number: pytest.fail("tried"), CPU, lambda seconds: 1e9)


@pytest.mark.slow
@pytest.mark.skipif(not os.environ.get("BREAKEVEN_SLOW"), reason="compiling takes a minute (set BREAKEVEN_SLOW=1)")
@pytest.mark.filterwarnings("ignore")
def test_a_compiled_net_gives_the_same_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    if not can_compile(CPU):
        pytest.skip("there is no C++ compiler here")
    monkeypatch.setattr(compiling, "WORTH", 1e9)
    net, (inputs, answers) = small_net().eval(), rows()
    expected = loss(net, {"inputs": inputs, "answers": answers}).detach()

    def passes(number: int) -> None:
        loss(net, {"inputs": inputs[: 20 + number], "answers": answers[: 20 + number]}).backward()
        net.zero_grad(set_to_none=True)

    assert compiled_if_faster(net, passes, CPU, lambda seconds: 1e9)
    assert net._compiled_call_impl is not None
    assert torch.allclose(loss(net, {"inputs": inputs, "answers": answers}), expected, atol=1e-6)
    run_eagerly(net)
    assert torch.equal(loss(net, {"inputs": inputs, "answers": answers}), expected)
