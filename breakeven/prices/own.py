"""All prices of the user's own, in their order: a file of quotes, the quotes of the project, imported lists."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from breakeven.prices.imported import imported
from breakeven.prices.layers import Layers, own_prices
from breakeven.prices.quotes import quoted, read_quotes
from breakeven.prices.rates import rate_of
from breakeven.project import project_file, read_project
from breakeven.records.owned import Owned
from breakeven.records.project import Project
from breakeven.records.quotes import Money


def prices_of(project: Project, folder: Path, quotes_file: Path | None = None) -> Layers:
    """The own prices of a project and, before them, of a file. Raises DataError, UsageError.

    A currency without a rate is refused here, before any work.
    """
    rate_of(project.money.currency, project.money)
    from_file = quoted(read_quotes(quotes_file), project.money) if quotes_file else Layers()
    return from_file.over(quoted(project.quote, project.money)).over(imported(folder))


def project_at(path: Path) -> Project | None:
    """The project of a folder or file, if there is one: prices can be asked for without it. Raises ProjectError."""
    there = path.is_file() or (path / "breakeven.toml").is_file()
    return read_project(path) if there else None


def prices_at(path: Path, quotes_file: Path | None = None) -> tuple[Layers, Money, Owned]:
    """The own prices, the currency and the terms of buying at a path, where there may be no project.

    Raises ProjectError, DataError, UsageError.
    """
    project = project_at(path)
    if project:
        return prices_of(project, project_file(path).parent, quotes_file), project.money, project.owned
    money = Money()
    from_file = quoted(read_quotes(quotes_file), money) if quotes_file else Layers()
    folder = path if path.is_dir() else path.parent
    return from_file.over(imported(folder)), money, Owned()


@contextmanager
def project_prices(path: Path) -> Iterator[None]:
    """While this lasts, the own prices of the project at a path go before the tables. Raises as `prices_at`."""
    with own_prices(prices_at(path)[0]):
        yield
