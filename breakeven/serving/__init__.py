"""The release over HTTP: limits, keys, batches, metrics. No framework stands between a request and the model."""
