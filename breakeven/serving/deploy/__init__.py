"""Releases for other places: an image, compose, Kubernetes, Ray Serve."""
