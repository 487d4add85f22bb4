"""Every part of every kind keeps its contract; the programs are in breakeven/testing.py."""

from __future__ import annotations

import pytest

from breakeven.checks import CHECKS
from breakeven.engines import ENGINES
from breakeven.inputs import INPUTS
from breakeven.models import MODELS
from breakeven.outputs import OUTPUTS
from breakeven.testing import TOY_TASKS, check_engine, check_input, check_model, check_output


@pytest.mark.parametrize("name", MODELS.names())
def test_model(name: str) -> None:
    model = MODELS.get(name)
    done = check_model(model)
    assert set(done) == {task.name for task in TOY_TASKS if task.output in model.outputs}
    assert MODELS.get(name).name == name


def test_the_core_families_are_there_and_train() -> None:
    assert {"baseline", "linear", "boosted", "blend"} <= set(MODELS.names())
    assert set(check_model(MODELS.get("linear")).values()) == {"trained"}


@pytest.mark.parametrize("name", INPUTS.names())
def test_input(name: str) -> None:
    check_input(INPUTS.get(name))


@pytest.mark.parametrize("name", OUTPUTS.names())
def test_output(name: str) -> None:
    check_output(OUTPUTS.get(name))


@pytest.mark.parametrize("name", ENGINES.names())
def test_engine(name: str) -> None:
    check_engine(ENGINES.get(name))


@pytest.mark.parametrize("registry", [MODELS, INPUTS, OUTPUTS, CHECKS, ENGINES], ids=lambda r: r.package)
def test_an_unknown_part_is_named_with_the_known_ones(registry) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Exception, match="there is no nonsense") as caught:
        registry.get("nonsense")
    assert registry.names()[0] in str(caught.value.lines()[2])
