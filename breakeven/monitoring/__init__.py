"""Is it still good, and does it still pay? Traffic beside the rows that the release was tested on."""
