"""breakeven: what to build, what it costs, and when it pays — from one project file.

    import breakeven
    finished = breakeven.run("support-desk")

The verbs are those of the command line; what it calls `prices` and `models` is `price_list` and `model_families`
here, for those two names are packages.
"""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"
VERBS = (
    "add_key",
    "check",
    "export",
    "forget_user",
    "init",
    "model_families",
    "monitor",
    "plan",
    "predict",
    "promote",
    "releases",
    "remove_release",
    "revoke_key",
    "rollback",
    "run",
    "serve",
    "show",
    "verified_release",
)
PRICE_VERBS = ("compare_prices", "import_prices", "price_list")
__all__ = ["__version__", *PRICE_VERBS, *VERBS]


def __getattr__(name: str) -> Any:
    """The verbs, loaded on first use: importing the package stays cheap."""
    if name in VERBS:
        from breakeven.interfaces import verbs

        return getattr(verbs, name)
    if name in PRICE_VERBS:
        from breakeven.interfaces import price_verbs

        return getattr(price_verbs, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
