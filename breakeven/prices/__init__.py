"""What machines and hosted models cost: tables with a source and a date for every number."""
