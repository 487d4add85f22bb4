"""Pure money: demand, spending, cash flow. Figures in, figures out; no file, no clock."""
