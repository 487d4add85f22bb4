"""The ground floor: units, figures, errors, words and the registry. Imports nothing of this package."""
