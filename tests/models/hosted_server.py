"""A small OpenAI-compatible server on loopback: it answers with a naive Bayes model of words; it fails when told to."""

from __future__ import annotations

import json
import math
import re
import sys
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "sk-test-0123456789abcdef"
WORD = re.compile(r"\w")


def tokens_of(text: str) -> list[str]:
    """Its own tokenizer: a token is at most four letters."""
    return re.findall(r"\s?\w{1,4}|[^\w]", text)


class Bayes:
    """Counts of words by class; learns from (text, label) pairs."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self.classes = Counter(label for _, label in pairs)
        self.words: dict[str, Counter[str]] = defaultdict(Counter)
        for text, label in pairs:
            self.words[label].update(re.findall(r"\w+", text.lower()))

    def probabilities(self, text: str) -> dict[str, float]:
        scores = {}
        for label, count in self.classes.items():
            total = sum(self.words[label].values()) + 50
            words = re.findall(r"\w+", text.lower())
            scores[label] = math.log(count) + sum(math.log((self.words[label][w] + 0.5) / total) for w in words)
        best = max(scores.values())
        weights = {label: math.exp(score - best) for label, score in scores.items()}
        return {label: weight / sum(weights.values()) for label, weight in weights.items()}


@dataclass
class Told:
    """What the server saw and counted."""

    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    moments: list[float] = field(default_factory=list)
    usages: list[tuple[int, int]] = field(default_factory=list)
    most_at_once: int = 0

    @property
    def texts(self) -> str:
        return json.dumps(self.bodies, ensure_ascii=False)

    def usd(self, per_1m_in: float, per_1m_out: float) -> float:
        return sum(read * per_1m_in + written * per_1m_out for read, written in self.usages) / 1e6


class Server:
    """Answers `/v1/chat/completions`. `faults` are used up one a request: a status with headers, or a name."""

    def __init__(self, answer: Any, **how: Any) -> None:
        self.answer = answer  # text -> probabilities by label, or a text
        self.told = Told()
        self.faults: deque[Any] = deque(how.pop("faults", ()))
        self.logprobs = how.pop("logprobs", True)
        self.unknown = how.pop("unknown", ())  # names of settings that it complains of
        self.models = how.pop("models", ("tiny",))
        self.pause = how.pop("pause", 0.0)
        self.say = how.pop("say", "{answer}")
        self.needs = how.pop("needs", 0)  # tokens of a reply that is not cut off, as of a model that thinks first
        self.usage = how.pop("usage", True)
        assert not how
        self.lock, self.running = threading.Lock(), 0
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/v1"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1

            def log_message(self, format: str, *args: Any) -> None:
                pass

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                with server.lock:
                    server.told.bodies.append(body)
                    server.told.headers.append(dict(self.headers))
                    server.told.moments.append(time.monotonic())
                    server.running += 1
                    server.told.most_at_once = max(server.told.most_at_once, server.running)
                    fault = server.faults.popleft() if server.faults else None
                try:
                    server.respond(self, body, fault)
                finally:
                    with server.lock:
                        server.running -= 1

        return Handler

    def respond(self, to: BaseHTTPRequestHandler, body: dict[str, Any], fault: Any) -> None:
        time.sleep(self.pause)
        status, headers, content = self._content(to, body, fault)
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        to.send_response(status)
        for name, value in headers.items():
            to.send_header(name, value)
        to.send_header("Content-Length", str(len(raw) + (50 if fault == "broken" else 0)))
        to.end_headers()
        to.wfile.write(raw)
        to.wfile.flush()
        if fault == "broken":
            to.close_connection = True

    def _content(self, to: BaseHTTPRequestHandler, body: dict[str, Any], fault: Any) -> tuple[int, dict[str, str], Any]:
        if to.headers.get("authorization") != f"Bearer {KEY}":
            words = f"Incorrect API key provided: {to.headers.get('authorization', '')[7:]}."
            return 401, {}, {"error": {"message": words}}
        if body["model"] not in self.models:
            return 404, {}, {"error": {"message": f"The model {body['model']} does not exist"}}
        for name in self.unknown:
            if name in body:
                more = ": use max_completion_tokens instead" if name == "max_tokens" else ""
                return 400, {}, {"error": {"message": f"Unsupported parameter {name}{more}"}}
        if isinstance(fault, tuple):
            return fault[0], fault[1], {"error": {"message": "as the test wants it", "code": (*fault, "")[2]}}
        if fault == "html":
            return 200, {}, b"<html>a proxy stands here</html>"
        return 200, {}, self._reply(body, fault)

    def _reply(self, body: dict[str, Any], fault: Any) -> dict[str, Any]:
        found = self.answer(body["messages"][-1]["content"])
        chosen = max(found, key=found.get) if isinstance(found, dict) else found
        text = self.say.format(answer=chosen)
        most = body.get("max_tokens", body.get("max_completion_tokens"))
        before, _, after = text.partition(str(chosen))
        parts = [tokens_of(before), tokens_of(str(chosen)), tokens_of(after)]
        written = [*parts[0], *parts[1], *parts[2]]
        cut = fault == "cut" or most < max(self.needs, len(written))
        if cut:
            written = [] if self.needs else written[:1]
        read = sum(len(tokens_of(m["content"])) + 3 for m in body["messages"]) + 3
        spent = most if cut else max(self.needs, len(written))
        choice = {"index": 0, "message": {"role": "assistant", "content": "".join(written)},
                  "finish_reason": "length" if cut else "stop"}
        if body.get("logprobs") and self.logprobs and isinstance(found, dict):
            content = [{"token": t, "logprob": 0.0, "top_logprobs": []} for t in written]
            content[len(parts[0]):len(parts[0] + parts[1])] = logprobs(found, parts[1], body["top_logprobs"])
            choice["logprobs"] = {"content": content}
        reply: dict[str, Any] = {"id": "1", "model": body["model"], "choices": [choice]}
        if fault == "malformed":
            reply["choices"] = []
        if self.usage:
            with self.lock:
                self.told.usages.append((read, spent))
            reply["usage"] = {"prompt_tokens": read, "completion_tokens": spent, "total_tokens": read + spent}
        return reply


def logprobs(found: dict[str, float], written: list[str], count: int) -> list[dict[str, Any]]:
    """The probability of each token of the answer given those before it, and of the first tokens of other labels."""
    firsts: Counter[str] = Counter()
    for label, share in found.items():
        firsts[tokens_of(label)[0]] += share
    content, left = [], found
    for place, token in enumerate(written):
        fitting = {k: v for k, v in left.items() if tokens_of(k)[place:place + 1] == [token]}
        share = sum(fitting.values()) / max(sum(left.values()), 1e-300)
        tops = [{"token": t, "logprob": math.log(max(p, 1e-30))} for t, p in firsts.most_common(count)]
        shown = tops if not place else []
        content.append({"token": token, "logprob": math.log(max(share, 1e-30)), "top_logprobs": shown})
        left = fitting
    return content


@contextmanager
def serving(answer: Any, **how: Any) -> Iterator[Server]:
    """The server, running in a thread as long as the block."""
    server = Server(answer, **how)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(0.0002)  # client and server take turns in one process
    thread = threading.Thread(target=server.http.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.http.shutdown()
        server.http.server_close()
        thread.join()
        sys.setswitchinterval(interval)
