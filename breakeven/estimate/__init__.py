"""Pure physics: parameters, FLOP, memory, time and rates of a model on a chip. No money beyond a price times hours."""
