"""What people call the lines of the plan; terminal, report and spreadsheet say the same."""

from __future__ import annotations

from breakeven.core.words import N_

PLAN_TITLES = {
    "requests": N_("requests"), "revenue": N_("revenue"), "serving": N_("serving"), "training": N_("training"),
    "team": N_("team"), "marketing": N_("marketing"), "rounds": N_("funding rounds"), "net": N_("net"),
    "cash": N_("cash"), "cumulative": N_("cumulative net"),
}
