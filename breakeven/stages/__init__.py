"""Plain functions from records to records, one stage a file; the pipeline calls them in order."""
