"""Texts over HTTP, driven by OpenAI's own client: answers, streams, usage, refusals, clients that leave, an end."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from breakeven.serving.keys import add_key
from breakeven.serving.traffic_parquet import ParquetTraffic
from breakeven.serving.traffic_place import FOLDER
from tests.serving.servers import Server, server
from tests.serving.texts import ANSWERS, CHAT, counted


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return counted(tmp_path_factory.mktemp("texts") / "counted")


@pytest.fixture(scope="module")
def found(project: Path) -> Iterator[Server]:
    with server(project, "--log-inputs", "1", "--processes", "1") as running:
        yield running


def client_of(found: Server, key: str = "none") -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{found.url}/v1", api_key=key, max_retries=0, timeout=60)


def post(found: Server, path: str = "/v1/chat/completions", **changes: Any) -> httpx.Response:
    asks: dict[str, Any] = {"prompt": "a"} if path == "/v1/completions" else {"messages": list(CHAT)}
    return httpx.post(f"{found.url}{path}", json={"model": "current", **asks, **changes}, timeout=60)


def test_a_chat_is_answered_whole_and_as_a_stream(found: Server) -> None:
    with client_of(found) as client:
        whole = client.chat.completions.create(model="current", messages=list(CHAT), temperature=0)  # type: ignore[arg-type]
        assert whole.choices[0].message.content == ANSWERS[1]
        assert whole.choices[0].finish_reason == "stop"
        assert whole.model == "release-1"
        assert whole.usage is not None
        assert whole.usage.completion_tokens == len(ANSWERS[1].encode())
        assert whole.usage.total_tokens == whole.usage.prompt_tokens + whole.usage.completion_tokens
        events = list(client.chat.completions.create(
            model="release-1", messages=list(CHAT), temperature=0, stream=True,  # type: ignore[arg-type]
            stream_options={"include_usage": True}))  # fmt: skip
    assert events[0].choices[0].delta.role == "assistant"
    pieces = [event.choices[0].delta.content or "" for event in events if event.choices]
    assert "".join(pieces) == ANSWERS[1]
    assert {len(piece) for piece in pieces[1:-1]} == {1}, "a token is a byte; a character of three comes whole"
    assert [event.choices[0].finish_reason for event in events[-2:-1]] == ["stop"]
    assert events[-1].choices == []
    assert events[-1].usage == whole.usage
    assert {event.id for event in events} == {events[0].id} != {whole.id}


def test_a_stream_is_of_whole_characters_and_ends_with_done(found: Server) -> None:
    content = post(found, temperature=0, max_tokens=10, stream=True)
    assert content.headers["content-type"].startswith("text/event-stream")
    lines = [line for line in content.content.split(b"\n\n") if line]
    assert lines[-1] == b"data: [DONE]"
    events = [json.loads(line.removeprefix(b"data: ").decode("utf-8", "strict")) for line in lines[:-1]]
    told = "".join(event["choices"][0]["delta"].get("content", "") for event in events)
    assert told == ANSWERS[1][:3], "the fourth character was cut off after its first byte, and is left out"
    assert events[-1]["choices"][0]["finish_reason"] == "length"


def test_a_text_goes_on_and_stops_where_it_is_told(found: Server) -> None:
    with client_of(found) as client:
        written = client.completions.create(model="current", prompt="我们会", temperature=0, max_tokens=60)
        assert written.choices[0].text == ANSWERS[0][3:]
        tokens = list("\x02我们会".encode())
        numbered = client.completions.create(model="current", prompt=tokens, temperature=0)
        assert numbered.choices[0].text == ANSWERS[0][3:]
        stopped = client.completions.create(model="current", prompt="我们会", temperature=0, stop=["裹。", "x"])
        assert (stopped.choices[0].text, stopped.choices[0].finish_reason) == ("查包", "stop")
        streamed = client.completions.create(model="current", prompt="我们会", temperature=0, stop="裹。", stream=True)
        assert "".join(event.choices[0].text for event in streamed if event.choices) == "查包"
        drawn = [client.completions.create(model="current", prompt="a", temperature=2, seed=seed, max_tokens=30)
                 .choices[0].text for seed in (1, 1, 2)]  # fmt: skip
    assert drawn[0] == drawn[1] != drawn[2]


def test_models_are_named(found: Server) -> None:
    with client_of(found) as client:
        assert [model.id for model in client.models.list()] == ["current", "release-1"]
        assert client.models.retrieve("current").owned_by == "breakeven"
        with pytest.raises(openai.NotFoundError) as fault:
            client.chat.completions.create(model="gpt-4", messages=list(CHAT))  # type: ignore[arg-type]
    assert fault.value.code == "model_not_found"
    assert fault.value.param == "model"


WRONG: list[tuple[dict[str, Any], str | None]] = [
    ({"temperature": 2.1}, "temperature"), ({"temperature": "hot"}, "temperature"), ({"top_p": 0}, "top_p"),
    ({"max_tokens": 0}, "max_tokens"), ({"max_tokens": 1_025}, "max_tokens"), ({"max_tokens": 1.5}, "max_tokens"),
    ({"max_completion_tokens": -1}, "max_completion_tokens"), ({"n": 2}, "n"), ({"seed": 2**64}, "seed"),
    ({"stop": [""]}, "stop[0]"), ({"stop": ["a"] * 5}, "stop"), ({"logit_bias": {"1": 5}}, "logit_bias"),
    ({"tools": []}, "tools"), ({"n_discard": -1}, "n_discard"), ({"frequency_penalty": 1}, "frequency_penalty"),
    ({"logprobs": True}, "logprobs"), ({"messages": []}, "messages"), ({"stream_options": {}}, "stream_options"),
    ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].role"),
    ({"messages": [{"role": "user", "content": "x", "name": "y"}]}, "messages[0].name"),
    ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": "file:///etc/passwd"}]}]},
     "messages[0].content[0].type"),
    ({"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]}, "messages[1].role"),
    ({"max_tokens": 5, "max_completion_tokens": 5}, "max_tokens"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "param"), WRONG, ids=[str(changes)[:40] for changes, _ in WRONG])
def test_a_wrong_field_is_refused_by_its_path(found: Server, changes: dict[str, Any], param: str) -> None:
    reply = post(found, **changes)
    assert reply.status_code == 400, reply.text
    assert reply.json()["error"]["type"] == "invalid_request_error"
    assert reply.json()["error"]["param"] == param
    assert reply.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("content", [
    b'{"model": "current", "messages": [{"role": "user", "content": "a"}], "temperature": NaN}',
    b'{"model": "current", "messages": [{"role": "user", "content": "a"}], "top_p": 1e999}', b"{", b"[" * 50_000,
])  # fmt: skip
def test_what_is_no_number_is_refused(found: Server, content: bytes) -> None:
    kind = {"content-type": "application/json"}
    reply = httpx.post(f"{found.url}/v1/chat/completions", content=content, headers=kind)
    assert reply.status_code == 400


@pytest.mark.parametrize(("path", "changes", "param"), [
    ("/v1/completions", {"prompt": [256]}, "prompt"), ("/v1/completions", {"prompt": "a" * 9_000}, "prompt"),
    ("/v1/completions", {"prompt": [1] * 8_193}, "prompt"), ("/v1/completions", {"prompt": ["a", "b"]}, "prompt[0]"),
    ("/v1/chat/completions", {"messages": [{"role": "user", "content": "a" * 9_000}]}, "messages"),
])  # fmt: skip
def test_a_prompt_has_its_limits(found: Server, path: str, changes: dict[str, Any], param: str) -> None:
    reply = post(found, path, **changes)
    assert reply.status_code == 400
    assert reply.json()["error"]["param"] == param


def test_clients_read_refusals_as_openais(project: Path, found: Server, tmp_path: Path) -> None:
    with client_of(found) as client:
        with pytest.raises(openai.BadRequestError, match="unknown field"):
            client.chat.completions.create(model="current", messages=list(CHAT), extra_body={"best": 1})  # type: ignore[arg-type]
        assert httpx.get(f"{found.url}/v1/chat/completions").status_code == 405
        assert httpx.post(f"{found.url}/v1/completions", content=b" " * 1_100_000).status_code == 413
    keys = tmp_path / "keys.json"
    asker, watcher = add_key(keys, "asker", ("predict",)), add_key(keys, "watcher", ("metrics",))
    with server(project, "--keys", keys, "--processes", "1") as guarded:
        for key, fault in (("nothing", openai.AuthenticationError), (watcher, openai.PermissionDeniedError)):
            with client_of(guarded, key) as client, pytest.raises(fault):
                client.models.list()
        with client_of(guarded, asker) as client:
            assert client.completions.create(model="current", prompt="a", max_tokens=1).usage


def test_predict_gives_whole_texts_as_answers(found: Server) -> None:
    reply = found.ask("app 3 does not start", {"message": "parcel 4 is late"}).json()
    assert [output["text"] for output in reply["outputs"]] == [ANSWERS[2], ANSWERS[0]]
    assert found.ask(*["a"] * 33).status_code == 422
    page = httpx.get(f"{found.url}/openapi.json").json()
    assert {"/v1/chat/completions", "/v1/completions", "/v1/models"} <= page["paths"].keys()


def test_the_log_and_the_metrics_know_tokens(project: Path) -> None:
    with server(project, "--log-inputs", "1", "--processes", "1") as running:
        name = post(running, temperature=0, user="ann").json()["id"]
        assert httpx.post(f"{running.url}/v1/feedback", json={"feedback": [{"id": name, "reward": 1}]}).is_success
        metrics = httpx.get(f"{running.url}/metrics").text
    assert f'breakeven_tokens_total{{kind="answer"}} {len(ANSWERS[1].encode())}.0' in metrics
    assert "breakeven_first_token_seconds_count 1.0" in metrics
    lines = [line for table in ParquetTraffic(project / ".breakeven" / FOLDER).scan("answers")
             for line in table.to_pylist() if line["id"] == name]  # fmt: skip
    assert [line["tokens"] for line in lines] == [len(ANSWERS[1].encode())]
    assert lines[0]["answer"] == ANSWERS[1]
    assert 0 < lines[0]["first_seconds"] <= lines[0]["seconds"]


def test_an_end_under_way_finishes_streams(project: Path) -> None:
    told: list[str] = []
    with server(project, "--processes", "1") as running:
        def read() -> None:
            with client_of(running) as client:
                events = client.completions.create(model="current", prompt="a", temperature=2, seed=3, max_tokens=900,
                                                   stream=True)  # fmt: skip
                told.extend(event.choices[0].finish_reason or event.choices[0].text for event in events)

        thread = threading.Thread(target=read)
        thread.start()
        while len(told) < 3:
            time.sleep(0.01)
        running.process.send_signal(signal.SIGTERM)
        running.process.wait(40)
        thread.join(5)
    assert running.process.returncode == 0
    assert told[-1] in ("stop", "length")
