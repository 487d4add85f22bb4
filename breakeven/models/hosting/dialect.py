"""What an endpoint understands: it is asked for all that helps, and what it does not know is left out for good."""

from __future__ import annotations

from typing import Any

TOPS = (20, 5)
"""How many alternatives of a token are asked for; some endpoints give no more than five."""


class Dialect:
    """The settings of a request. `tokens` is the most a reply may have; it grows when replies are cut off."""

    def __init__(self, tokens: int, wants_logprobs: bool) -> None:
        self.tokens = tokens
        self.limit = "max_tokens"
        self.temperature = True
        self.tops = TOPS[0] if wants_logprobs else 0

    def body(self, model: str, messages: Any, tokens: int) -> dict[str, Any]:
        """A request as JSON takes it."""
        body: dict[str, Any] = {"model": model, "messages": messages, self.limit: tokens}
        if self.temperature:
            body["temperature"] = 0
        if self.tops:
            body |= {"logprobs": True, "top_logprobs": self.tops}
        return body

    def adapt(self, complaint: str) -> bool:
        """Leave out, or say otherwise, what an endpoint complained of; False when it is nothing of ours."""
        if self.tops and "logprobs" in complaint:
            self.tops = TOPS[1] if self.tops == TOPS[0] and "top_logprobs" in complaint else 0
        elif self.limit == "max_tokens" and "max_completion_tokens" in complaint:
            self.limit = "max_completion_tokens"
        elif self.temperature and "temperature" in complaint:
            self.temperature = False
        else:
            return False
        return True

    def settings(self) -> dict[str, Any]:
        return dict(vars(self))

    def learn(self, settings: dict[str, Any]) -> None:
        """What was learned before; of `tokens` the larger counts."""
        tokens = max(self.tokens, int(settings.get("tokens", 0)))
        vars(self).update({name: settings[name] for name in vars(self) if name in settings}, tokens=tokens)
