"""breakeven: what to build, what it costs, and when it pays — from one project file.

    import breakeven
    finished = breakeven.run("support-desk")

The verbs are those of the command line; what it calls `plan`, `prices` and `models` is `capital_plan`, `price_list` and
`model_families` here, for those names are packages.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"
HOMES = {
    "verbs": ("capital_plan", "check", "export", "init", "model_families", "predict", "run", "show"),
    "road_verbs": ("replan", "roadmap", "why"),
    "price_verbs": ("compare_prices", "import_prices", "price_list"),
    "live": (
        "add_key", "finish_rollout", "forget_user", "monitor", "promote", "releases", "remove_release", "revoke_key",
        "rollback", "rollout_status", "serve", "shown_release", "sign_release", "start_rollout", "stop_rollout",
    ),
}
"""Where in `interfaces` each verb lives."""
VERBS = tuple(sorted(verb for verbs in HOMES.values() for verb in verbs))
__all__ = ["__version__", *VERBS]


def __getattr__(name: str) -> Any:
    """The verbs, loaded on first use: importing the package stays cheap."""
    for home, verbs in HOMES.items():
        if name in verbs:
            return getattr(import_module(f"breakeven.interfaces.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
