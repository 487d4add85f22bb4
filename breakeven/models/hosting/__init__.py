"""Asking a hosted model: prompts, requests under a cap of money, replies, and what they mean."""
