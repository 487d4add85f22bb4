"""Makes the data of the template `credit`: loan applications that a simulation invents, no person among them.

    python dev/simulate_credit.py

The chance that a loan goes bad depends on the burden of its instalments, earlier late payments, savings and
time in the job, with interactions that a straight line cannot follow; a share of chance remains. Some cells are
left empty, as applicants do.
"""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

import numpy as np

ROWS, NEW_ROWS, SEED = 3_000, 40, 11
FOLDER = Path(__file__).parents[1] / "breakeven" / "templates" / "credit"
HOMES = ("rent", "mortgage", "own", "with family")
PURPOSES = ("car", "furniture", "repairs", "education", "small business", "moving", "debt relief")
COLUMNS = (
    "applied_on", "age", "income_usd_per_year", "years_in_job", "home", "purpose", "loan_usd", "term_months",
    "open_loans", "late_payments_2y", "savings_usd", "outcome",
)  # fmt: skip


def simulate(random: np.random.Generator) -> dict[str, str]:
    """One application with its outcome."""
    age = int(np.clip(random.normal(39, 12), 19, 78))
    income = float(np.exp(random.normal(10.6 + 0.25 * (30 < age < 60), 0.45)))
    years = float(np.clip(random.exponential(5), 0, age - 18))
    home = str(random.choice(HOMES, p=(0.42, 0.3, 0.15, 0.13)))
    purpose = str(random.choice(PURPOSES, p=(0.26, 0.17, 0.15, 0.12, 0.1, 0.08, 0.12)))
    loan = float(np.exp(random.normal(8.9, 0.7)))
    term = int(random.choice((12, 24, 36, 48, 60)))
    open_loans = int(random.poisson(0.9))
    late = int(random.poisson(0.35 + 0.5 * (purpose == "debt relief")))
    savings = float(np.exp(random.normal(7.6, 1.3))) * (random.random() > 0.15)
    burden = loan / term * 12 / income
    pull = (
        -2.3 + 9.0 * max(0.0, burden - 0.12) + 0.8 * late + 0.9 * (late > 0 and savings < 2_000)
        - 0.25 * min(years, 6) + 0.7 * (purpose == "small business" and years < 2) + 0.5 * (open_loans > 2)
        + 0.35 * (home == "rent") - 0.8 * (savings > loan) + 0.5 * (age < 24)
    )  # fmt: skip
    bad = random.random() < 1 / (1 + np.exp(-1.3 * pull))
    applied = date(2024, 1, 1) + timedelta(days=int(random.integers(0, 900)))
    cells = (
        applied.isoformat(), age, round(income, -2), round(years, 1), home, purpose, round(loan, -1), term,
        open_loans, late, round(savings), "bad" if bad else "good",
    )  # fmt: skip
    texts = (f"{cell:g}" if isinstance(cell, float) else str(cell) for cell in cells)
    row = dict(zip(COLUMNS, texts, strict=True))
    for name, share in (("savings_usd", 0.08), ("years_in_job", 0.04), ("home", 0.02)):
        if random.random() < share:
            row[name] = ""
    return row


def write(path: Path, rows: list[dict[str, str]], columns: tuple[str, ...]) -> None:
    with path.open("w", newline="", encoding="utf-8") as text:
        writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    generator = np.random.default_rng(SEED)
    made = [simulate(generator) for _ in range(ROWS + NEW_ROWS)]
    write(FOLDER / "applications.csv", made[:ROWS], COLUMNS)
    write(FOLDER / "new_applications.csv", made[ROWS:], COLUMNS[:-1])
