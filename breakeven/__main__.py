"""`python -m breakeven` is the command `breakeven`."""

from breakeven.interfaces.cli import main

if __name__ == "__main__":
    main()
