"""Hosted models against a real server on loopback: contract, bill, cap, masking, key, faults, cache."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from breakeven.core.errors import LimitReached, ModelError
from breakeven.models.hosted import MODEL
from breakeven.models.model import Billed, Trained, Work
from breakeven.models.wallet import Wallet
from breakeven.records.artifact import Artifact
from breakeven.records.candidate import Candidate, Refusal
from breakeven.records.means import Means
from breakeven.records.project import Alternative
from breakeven.testing import TOY_TASKS, check_model, toy_dataset, toy_rows, toy_work
from tests.models.hosted_server import KEY, Bayes, Server, serving

TEXT = next(task for task in TOY_TASKS if task.input == "text" and task.output == "label")
ROWS, ANSWERS = toy_rows(TEXT)
BAYES = Bayes([(text or "", answer) for text, answer in zip(ROWS.column(0).to_pylist(), ANSWERS, strict=True)])
IN, OUT = 2.0, 10.0
"""Dollars for a million tokens."""


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_KEY", KEY)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("breakeven.models.hosting.endpoint.FIRST_WAIT", 0.02)


def named(server: Server, **changes: Any) -> Alternative:
    fields: dict[str, Any] = {"model": "tiny", "base_url": server.url, "api_key_env": "TEST_KEY",
                              "usd_per_1m_input_tokens": IN, "usd_per_1m_output_tokens": OUT}
    return Alternative.model_validate(fields | changes)


def candidates(server: Server, **changes: Any) -> tuple[Candidate, ...]:
    dataset = toy_dataset(TEXT, ROWS, tuple(sorted(set(ANSWERS))))
    found = MODEL.propose(dataset, TEXT, Means(hosted=(named(server, **changes),)))
    assert not isinstance(found, Refusal), str(found)
    return found


def work_for(candidate: Candidate, folder: Path, usd: float = 1.0, seconds: float = 30.0) -> Work:
    """Toy rows with one fold: 80 rows to fit, 40 to score (one of them empty)."""
    work = toy_work(TEXT, candidate, folder / "artifact", seconds)
    work.artifact.mkdir(parents=True)
    work.wallet = Wallet(usd)
    return replace(work, folds=work.folds[:1])


def train(server: Server, folder: Path, usd: float = 1.0, few: bool = False, **changes: Any) -> tuple[Work, Trained]:
    work = work_for(candidates(server, **changes)[few], folder, usd)
    return work, MODEL.train(work)


def artifact(work: Work) -> Artifact:
    return Artifact(family=MODEL.tag, task=TEXT.name, input="text", output="label", columns=work.dataset.inputs,
                    answer="answer", labels=work.dataset.labels)


def scored_texts(work: Work) -> list[str]:
    return [text or "" for text in work.rows.take(work.scored).column(0).to_pylist()]


def accuracy(work: Work, trained: Trained) -> float:
    return float((trained.predictions.argmax(axis=1) == work.target[work.scored]).mean())


# --- the contract


def test_the_family_keeps_its_contract_with_a_hosted_model() -> None:
    def answer(text: str) -> Any:
        return BAYES.probabilities(text) if "size:" not in text and len(text) < 200 else {"delivery": 0.6, "app": 0.4}

    with serving(answer) as server:
        done = check_model(MODEL, Means(hosted=(named(server, examples=0),)))
    assert {name: what for name, what in done.items() if name.endswith("label")} == {
        "toy-text-label": "trained", "toy-row-label": "trained"}


def test_numbers_are_read_from_replies(tmp_path: Path) -> None:
    task = next(task for task in TOY_TASKS if task.input == "row" and task.output == "number")
    rows, answers = toy_rows(task)

    def answer(text: str) -> str:
        return f"about {float(text.split()[1]) / 2}" if text.startswith("size") else "hard to say"

    with serving(answer) as server:
        found = MODEL.propose(toy_dataset(task, rows, ()), task, Means(hosted=(named(server, examples=2),)))
        assert not isinstance(found, Refusal)
        work = toy_work(task, found[1], tmp_path / "artifact")
        work.artifact.mkdir()
        trained = MODEL.train(work)
    sized = [(row, place) for row, place in zip(rows.column("size").to_pylist(), range(len(answers)), strict=True)]
    for size, place in sized:
        wanted = float(size) / 2 if size else float(work.target[work.folds[0][0]].mean())
        assert trained.predictions[place, 0] == pytest.approx(wanted)
    assert trained.settings["no_label_or_number"] == sum(size is None for size, _ in sized) > 0


def test_the_model_behind_the_endpoint_decides_the_score(tmp_path: Path) -> None:
    with serving(BAYES.probabilities) as server:
        work, trained = train(server, tmp_path)
        assert accuracy(work, trained) > 0.9
        assert work.metric.score(work.target[work.scored], trained.predictions, None) == accuracy(work, trained)
        loaded = MODEL.load(work.artifact, artifact(work))
        again = loaded.predict(work.rows.take(work.scored))
        assert (again.argmax(axis=1) == trained.predictions.argmax(axis=1)).all()
        assert np.allclose(again.sum(axis=1), 1)


def test_few_shot_requests_show_the_nearest_training_rows_and_no_scored_row(tmp_path: Path) -> None:
    with serving(BAYES.probabilities) as server:
        work, _ = train(server, tmp_path, few=True)
        texts = work.rows.column(0).to_pylist()
        fitted = {texts[i] for i in work.folds[0][0]}
        for body in server.told.bodies:
            shown = [m["content"] for m in body["messages"] if m["role"] == "user"][:-1]
            assert 0 < len(shown) <= 8
            assert set(shown) <= fitted
            asked = body["messages"][-1]["content"]
            if "invoice" in asked:
                assert sum("invoice" in text for text in shown) >= len(shown) - 1, "they are the nearest"
        before = server.told.bodies[-1]
        MODEL.load(work.artifact, artifact(work)).predict(work.rows.take(work.scored))
        assert json.dumps(before) in {json.dumps(body) for body in server.told.bodies[-40:]}, "loaded, it asks the same"
        roles = [m["role"] for m in server.told.bodies[0]["messages"]]
        assert roles == ["system", *["user", "assistant"] * ((len(roles) - 2) // 2), "user"]


# --- money


@pytest.mark.parametrize("few", [False, True])
def test_the_bill_matches_the_servers_count_to_the_token(tmp_path: Path, few: bool) -> None:
    faults = [None, (429, {"Retry-After": "0"}), "malformed", None, (500, {}), "cut", (503, {})]
    with serving(BAYES.probabilities, faults=faults) as server:
        work, _ = train(server, tmp_path, few=few)
        assert work.wallet.spent == pytest.approx(server.told.usd(IN, OUT), rel=1e-12)
        assert work.wallet.left() == pytest.approx(1.0 - work.wallet.spent), "nothing stays reserved"
        kept = json.loads((work.artifact / "hosted.json").read_text())
        scored = len({json.dumps(body["messages"]) for body in server.told.bodies})
        assert kept["usd_per_request"] == pytest.approx(work.wallet.spent / scored, rel=0.3)


def test_a_second_run_reads_all_replies_from_the_disk(tmp_path: Path) -> None:
    with serving(BAYES.probabilities, unknown=("temperature", "top_logprobs"), needs=200) as server:
        first, trained = train(server, tmp_path)
        asked = len(server.told.bodies)
        again = work_for(first.candidate, tmp_path / "again", usd=1e-9)
        again.cache = first.cache
        repeated = MODEL.train(again)
        assert len(server.told.bodies) == asked
        assert again.wallet.spent == 0
        assert np.array_equal(repeated.predictions, trained.predictions)
        assert repeated.settings["usd_per_request"] == trained.settings["usd_per_request"]


def test_too_little_money_is_told_before_a_cent_is_spent(tmp_path: Path) -> None:
    with serving(BAYES.probabilities) as server:
        with pytest.raises(LimitReached, match=r"asking about 3\d validation rows costs about 0\.\d+") as caught:
            train(server, tmp_path, usd=0.002)
        assert server.told.bodies == []
        assert "0.002 of the budget are left" in str(caught.value)


@pytest.mark.parametrize("usd", [0.0005, 0.003, 0.005])
def test_the_cap_holds_whatever_the_endpoint_does(tmp_path: Path, usd: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the look ahead, requests are sent until the next one might pass the cap, eight at once."""
    monkeypatch.setattr("breakeven.models.hosting.training._check_money", lambda *args: None)
    with serving(BAYES.probabilities, pause=0.005, faults=["malformed", "cut", None] * 9) as server:
        work = work_for(candidates(server, concurrency=8)[0], tmp_path, usd)
        with pytest.raises(LimitReached, match="of the budget are left for hosted models"):
            MODEL.train(work)
        assert server.told.usd(IN, OUT) <= usd
        assert work.wallet.spent == pytest.approx(server.told.usd(IN, OUT))
        assert work.wallet.spent > 0.3 * usd or usd < 0.001, "the money is used, if it is enough for one request"


def test_what_may_have_been_answered_unseen_counts_with_the_most(tmp_path: Path) -> None:
    with serving(BAYES.probabilities, faults=[None, "broken", "html"]) as server:
        work, _ = train(server, tmp_path)
        assert work.wallet.spent > server.told.usd(IN, OUT)
    with serving(BAYES.probabilities, usage=False) as server:
        work, _ = train(server, tmp_path / "b")
        bytes_ = sum(len(m["content"].encode()) for body in server.told.bodies for m in body["messages"])
        assert work.wallet.spent > bytes_ * IN / 1e6, "a token is at least a byte"


def test_an_unpriced_model_is_refused_with_the_two_keys_to_set() -> None:
    with serving(BAYES.probabilities) as server:
        unpriced = Alternative(model="tiny", base_url=server.url, api_key_env="TEST_KEY")
        refusal = MODEL.propose(toy_dataset(TEXT, ROWS, ("a", "b")), TEXT, Means(hosted=(unpriced,)))
    assert isinstance(refusal, Refusal)
    assert "usd_per_1m_input_tokens" in str(refusal.why)
    assert "usd_per_1m_output_tokens" in str(refusal.why)


def test_measuring_takes_twenty_answers_and_no_more(tmp_path: Path) -> None:
    from breakeven.models.measure import HOSTED_ROWS, measure_artifact

    with serving(BAYES.probabilities) as server:
        work, _ = train(server, tmp_path)
        loaded = MODEL.load(work.artifact, artifact(work))
        assert isinstance(loaded, Billed)
        asked, rows = len(server.told.bodies), work.rows.filter(pa.compute.is_valid(work.rows.column(0)))
        loaded.predict(rows.slice(0, 1))
        found = measure_artifact("hosted-tiny", work.artifact, loaded, rows, 1.0)
        assert len(server.told.bodies) - asked <= HOSTED_ROWS
        assert found.usd_per_request == loaded.usd_per_request
        assert found.remote
        assert found.usd_source == "breakeven.toml"


# --- what leaves the machine


def test_the_server_sees_masked_text_only(tmp_path: Path) -> None:
    secrets = ["jane@example.com", "13812345678", "11010519491231002X", "4111 1111 1111 1111"]
    with serving(BAYES.probabilities) as server:
        work = work_for(candidates(server)[1], tmp_path)
        texts = [f"{text or 'app'} {secrets[i % 4]} order 20261122123456" for i, text in
                 enumerate(work.rows.column(0).to_pylist())]
        work.rows = pa.table({"message": pa.array(texts, pa.large_string())})
        trained = MODEL.train(work)
        MODEL.load(work.artifact, artifact(work)).predict(work.rows.slice(0, 5))
        assert all(tag in server.told.texts for tag in ("[mail]", "[phone]", "[id]", "[card]", "20261122123456"))
        files = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
        for secret in secrets:
            assert secret not in server.told.texts
            assert secret.encode() not in files
        assert trained.settings["masked"] == len(work.scored)


def test_the_key_is_in_the_header_and_nowhere_else(tmp_path: Path) -> None:
    with serving(BAYES.probabilities) as server:
        work, trained = train(server, tmp_path)
        assert {headers["Authorization"] for headers in server.told.headers} == {f"Bearer {KEY}"}
        assert KEY not in server.told.texts
    assert KEY not in repr(trained.settings) + work.candidate.model_dump_json()
    assert not [file for file in tmp_path.rglob("*") if file.is_file() and KEY.encode() in file.read_bytes()]


@pytest.mark.parametrize("wrong", ["sk-wrong-secret", "sk-secret\nwith-a-break", "sk-secret-密钥", "   "])
def test_a_wrong_key_is_told_without_its_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with serving(BAYES.probabilities) as server:
        work = work_for(candidates(server)[0], tmp_path)
        monkeypatch.setenv("TEST_KEY", wrong)
        with pytest.raises(ModelError, match="TEST_KEY") as caught:
            MODEL.train(work)
    told = " ".join(str(line) for line in caught.value.lines()) + "".join(capfd.readouterr())
    assert "secret" not in told
    assert work.wallet.spent == 0


def test_without_a_key_it_is_refused_by_the_name_of_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEST_KEY")
    with serving(BAYES.probabilities) as server:
        refusal = MODEL.propose(toy_dataset(TEXT, ROWS, ("a", "b")), TEXT, Means(hosted=(named(server),)))
        assert isinstance(refusal, Refusal)
        assert "TEST_KEY" in str(refusal.why)
        assert len(candidates(server, api_key_env="")) == 2, "an endpoint that asks for no key"


@pytest.mark.parametrize("url", ["ftp://a.example/v1", "a.example/v1", "https://me:pass@a.example/v1",
                                 "https://a.example/v1?key=abc", "https://[bad/v1", "http://a.example:99999/v1"])
def test_a_bad_address_is_refused(url: str) -> None:
    wrong = Alternative(model="gpt-4o-mini", base_url=url, api_key_env="TEST_KEY")
    refusal = MODEL.propose(toy_dataset(TEXT, ROWS, ("a", "b")), TEXT, Means(hosted=(wrong,)))
    assert isinstance(refusal, Refusal)
    assert "base_url" in str(refusal.why)
    assert "pass" not in str(refusal.why)


# --- endpoints that fail


def test_a_pause_that_the_endpoint_asks_for_is_kept(tmp_path: Path) -> None:
    with serving(BAYES.probabilities, faults=[None, None, (429, {"Retry-After": "1"})]) as server:
        train(server, tmp_path)
        gaps = np.diff(sorted(server.told.moments))
        assert gaps.max() >= 0.9


def test_a_limit_of_requests_a_minute_is_kept(tmp_path: Path) -> None:
    with serving(BAYES.probabilities) as server:
        train(server, tmp_path, requests_per_minute=1800)
        moments = sorted(server.told.moments)
        assert (moments[-1] - moments[0]) / (len(moments) - 1) >= 60 / 1800 * 0.95


def test_no_more_requests_are_under_way_than_allowed(tmp_path: Path) -> None:
    with serving(BAYES.probabilities, pause=0.02) as server:
        train(server, tmp_path, concurrency=3)
        assert server.told.most_at_once == 3


@pytest.mark.parametrize(("fault", "words"), [
    ((404, {}), "knows no model tiny"), ((402, {}), "no credit left"), ((403, {}), "does not accept the key"),
    ((418, {}), "does not take the request"), ((301, {"Location": "http://elsewhere.example"}), "HTTP 301"),
    ((429, {}, "insufficient_quota"), "no credit left"), ((400, {}), "does not take the request"),
])
def test_what_no_try_can_mend_ends_at_once(tmp_path: Path, fault: Any, words: str) -> None:
    with serving(BAYES.probabilities, faults=[fault] * 99) as server:
        with pytest.raises(ModelError, match=words):
            train(server, tmp_path)
        assert len(server.told.bodies) == 1


def test_an_endpoint_that_is_down_is_told_soon(tmp_path: Path) -> None:
    with serving(BAYES.probabilities) as server:
        work = work_for(candidates(server)[0], tmp_path)
    begun = time.monotonic()
    with pytest.raises(ModelError, match="cannot be reached"):
        MODEL.train(work)
    assert time.monotonic() - begun < 5
    assert work.wallet.spent == 0


def test_one_that_goes_down_in_the_middle_ends_the_work_and_keeps_what_came(tmp_path: Path) -> None:
    with serving(BAYES.probabilities, faults=[None] * 20 + [(500, {})] * 400) as server:
        work = work_for(candidates(server)[0], tmp_path)
        with pytest.raises(ModelError, match="answered with HTTP 500") as caught:
            MODEL.train(work)
        assert "requests got no answer" in str(caught.value.hint)
        before = len(server.told.usages)
        server.faults.clear()
        again = work_for(work.candidate, tmp_path / "again")
        again.cache = work.cache
        MODEL.train(again)
        assert len(server.told.usages) - before < 40 - 15, "what came is not asked again"


def test_replies_that_stay_cut_or_malformed_are_counted_as_unanswered(tmp_path: Path) -> None:
    with serving(BAYES.probabilities, faults=["malformed"] * 3 + [None] * 12 + ["cut"] * 3) as server:
        work, trained = train(server, tmp_path, concurrency=1)
        lost = {server.told.bodies[place]["messages"][-1]["content"] for place in (0, 15)}
        assert trained.settings["unanswered"] == sum(not text or text in lost for text in scored_texts(work)) >= 3
        assert accuracy(work, trained) > 0.8
        assert work.wallet.spent == pytest.approx(server.told.usd(IN, OUT))


def test_a_model_that_thinks_first_gets_more_tokens_and_that_is_learned(tmp_path: Path) -> None:
    with serving(BAYES.probabilities, needs=100) as server:
        work, trained = train(server, tmp_path, concurrency=1)
        assert accuracy(work, trained) > 0.9
        most = [body["max_tokens"] for body in server.told.bodies]
        assert most[0] < 100 < most[1]
        assert set(most[1:]) == {most[1]}


def test_an_answer_that_is_no_label_gets_the_shares_of_training_and_is_counted(tmp_path: Path) -> None:
    def answer(text: str) -> Any:
        return "spam" if "today" in text else BAYES.probabilities(text)

    with serving(answer, logprobs=False) as server:
        work, trained = train(server, tmp_path)
        strange = [i for i, text in enumerate(scored_texts(work)) if "today" in text]
        assert trained.settings["no_label_or_number"] == len(strange) > 0
        shares = np.bincount(work.target[work.folds[0][0]], minlength=3) + 0.5
        assert np.allclose(trained.predictions[strange], shares / shares.sum(), atol=0.1)


@pytest.mark.parametrize("said", [
    "{answer}", ' "{answer}".', "Label: {answer}", "```json\n{{\"team\": \"{answer}\"}}\n```", "**{answer}**",
    "<think>is it billing or delivery?</think>\n{answer}", "{answer}\n",
])
def test_answers_are_found_in_what_models_put_around_them(tmp_path: Path, said: str) -> None:
    with serving(BAYES.probabilities, say=said) as server:
        work, trained = train(server, tmp_path)
        assert accuracy(work, trained) > 0.9
        assert trained.settings["no_label_or_number"] == 0


@pytest.mark.parametrize("unknown", [("logprobs",), ("top_logprobs",), ("temperature",), ("max_tokens",),
                                     ("logprobs", "temperature", "max_tokens")])
def test_settings_that_an_endpoint_does_not_know_are_left_out(tmp_path: Path, unknown: tuple[str, ...]) -> None:
    with serving(BAYES.probabilities, unknown=unknown) as server:
        work, trained = train(server, tmp_path)
        assert accuracy(work, trained) > 0.9
        assert not [body for body in server.told.bodies[-30:] if set(unknown) & set(body)]
        assert work.wallet.spent == pytest.approx(server.told.usd(IN, OUT)), "a refused request costs nothing"


def test_a_slow_endpoint_ends_within_its_time(tmp_path: Path) -> None:
    with serving(BAYES.probabilities, pause=0.3) as server:
        work = work_for(candidates(server)[0], tmp_path, seconds=2.0)
        begun = time.monotonic()
        with pytest.raises(LimitReached, match="more rows takes about"):
            MODEL.train(work)
        assert time.monotonic() - begun < 3


# --- probabilities


def test_log_probabilities_make_better_probabilities_than_bare_answers(tmp_path: Path) -> None:
    """A model that is often unsure, and says so: its log loss is better when it is heard."""
    dice = np.random.default_rng(2)
    hazy = {text: dice.dirichlet([0.7, 0.5, 0.4]) for text in sorted({t or "" for t in ROWS.column(0).to_pylist()})}
    labels = tuple(sorted(set(ANSWERS)))
    truth = np.array([dice.choice(3, p=hazy[text or ""]) for text in ROWS.column(0).to_pylist()])
    losses = {}
    for heard in (True, False):
        def answer(text: str) -> Any:
            return dict(zip(labels, map(float, hazy[text]), strict=True))

        with serving(answer, logprobs=heard) as server:
            work = work_for(candidates(server)[0], tmp_path / str(heard))
            work.target = truth
            trained = MODEL.train(work)
            losses[heard] = float(work.output.loss(work.target[work.scored], trained.predictions).mean())
    assert losses[True] < losses[False]
