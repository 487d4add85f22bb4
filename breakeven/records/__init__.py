"""The glossary: one frozen record per concept, no behaviour beyond its own checks."""
