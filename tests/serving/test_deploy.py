"""Exported folders: they start with nothing but what they name, and other tools' own programs find them right."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import httpx
import pytest

from breakeven.core.errors import UsageError
from breakeven.interfaces import live, verbs
from breakeven.serving.deploy.dashboard import PANELS
from breakeven.serving.deploy.exporting import TARGETS, USER, _environment
from breakeven.stages.releases import verified
from breakeven.store import Store
from tests.road.projects import command
from tests.serving.servers import copy_of, server

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="containers run Linux")
HEAVY = ("torch", "transformers", "ray", "scikit-learn", "lightgbm", "openai", "pytest")


@pytest.fixture(scope="module")
def project(released: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose release is signed."""
    pytest.importorskip("cryptography")
    found = copy_of(released, tmp_path_factory.mktemp("deploy") / "project")
    live.make_signing_key(found / "ours")
    with (found / "breakeven.toml").open("a", encoding="utf-8") as file:
        file.write('[release]\nsign_with = "ours"\ntrusted_keys = ["ours.pub"]\n')
    live.sign_release(found, 1)
    return found


@pytest.fixture(scope="module")
def exported(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folders of all targets."""
    out = tmp_path_factory.mktemp("out")
    for target in TARGETS:
        assert verbs.export_release(project, target, out / target) == 1
    return out


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def wait_for(true: Callable[[], Any], seconds: float = 40.0) -> Any:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if found := true():
                return found
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError("it did not come true in time")


@contextmanager
def running(words: list[str | Path], **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([str(word) for word in words], **options)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        finally:
            process.kill()


# --- docker ----------------------------------------------------------------------------------------------------


def test_the_folder_holds_a_trusted_release_and_names_exact_versions(exported: Path) -> None:
    folder = exported / "docker"
    assert verified(Store(folder / "project"), 1).number == 1  # its project file trusts the same key
    assert "sign_with" not in (folder / "project" / "breakeven.toml").read_text()
    lines = (folder / "requirements.txt").read_text().splitlines()
    assert all(re.fullmatch(r"[a-z0-9-]+==[\w.+!]+", line) for line in lines)
    names = {line.partition("==")[0] for line in lines}
    assert {"numpy", "uvicorn", "httptools", "msgspec", "cryptography"} <= names
    assert not names & set(HEAVY)
    assert not (folder / "app" / "breakeven" / "templates").exists()  # the example projects and their data
    assert not [path for path in folder.rglob("*") if path.name == "ours" or path.suffix == ".pyc"]


def test_the_image_runs_as_nobody_and_says_when_it_is_ready(exported: Path) -> None:
    text = (exported / "docker" / "Dockerfile").read_text()
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    steps = [line.split(maxsplit=1) for line in lines if line and not line.startswith("#")]
    assert {step[0] for step in steps} <= {
        "FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "EXPOSE", "HEALTHCHECK", "STOPSIGNAL", "ENTRYPOINT", "CMD",
    }  # fmt: skip
    last = {step[0]: step[1] for step in steps}
    assert last["USER"] == f"{USER}:{USER}"
    assert "/ready" in last["HEALTHCHECK"]
    assert all(re.match(r"python:\d+\.\d+\.\d+-slim", step[1]) for step in steps if step[0] == "FROM")
    for step in steps:
        if step[0] == "COPY" and "--from" not in step[1]:
            source = next(word for word in step[1].split() if not word.startswith("--"))
            assert (exported / "docker" / source).exists()
    entry = json.loads(last["ENTRYPOINT"])
    assert entry[:4] == ["python", "-m", "breakeven", "serve"]
    assert entry[entry.index("--keys") + 1] == "/run/keys/keys.json"


@pytest.mark.skipif(shutil.which("hadolint") is None, reason="hadolint is not installed")
def test_hadolint_finds_nothing(exported: Path) -> None:
    done = subprocess.run(["hadolint", exported / "docker" / "Dockerfile"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def only_these(requirements: Path, folder: Path) -> Path:
    """A folder with links to the files of the named distributions and to nothing else."""
    folder.mkdir()
    for line in requirements.read_text().splitlines():
        for file in distribution(line.partition("==")[0]).files or ():
            top = file.parts[0]
            if top != ".." and not (folder / top).is_symlink():
                (folder / top).symlink_to(Path(str(distribution(line.partition("==")[0]).locate_file(top))))
    return folder


def test_it_serves_with_the_named_libraries_alone(exported: Path, tmp_path: Path) -> None:
    folder, python = exported / "docker", tmp_path / "venv" / "bin" / "python"
    venv.create(tmp_path / "venv", with_pip=False)  # an interpreter without libraries, as the image has it
    site = only_these(folder / "requirements.txt", tmp_path / "site")
    secret = live.add_key(tmp_path / "keys.json", "app", ("predict",))
    entry = json.loads(re.findall(r"^ENTRYPOINT (.*)$", (folder / "Dockerfile").read_text(), re.MULTILINE)[0])
    port = free_port()
    given = {"python": python, "0.0.0.0": "127.0.0.1", "8000": str(port), "/run/keys/keys.json": tmp_path / "keys.json"}
    words = [given.get(word, word) for word in entry]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{folder / 'app'}:{site}", "BREAKEVEN_LANGUAGE": "en"}
    url = f"http://127.0.0.1:{port}"
    with running(words, cwd=folder / "project", env=environment) as process:
        wait_for(lambda: httpx.get(f"{url}/ready").status_code == 200)
        headers = {"authorization": f"Bearer {secret}"}
        reply = httpx.post(f"{url}/v1/predict", json={"inputs": ["blue sea"]}, headers=headers)
        assert (reply.status_code, reply.json()["release"]) == (200, 1)
        assert httpx.post(f"{url}/v1/predict", json={"inputs": ["blue sea"]}).status_code == 401
        words = [python, "-m", "breakeven", "releases", "show", "1", "--project", str(folder / "project")]
        shown = subprocess.run(words, env=environment, capture_output=True, text=True, cwd="/")
        assert "trusted key" in shown.stdout, shown.stderr
        assert process.poll() is None
    assert process.returncode == 0


# --- compose, with Prometheus and its dashboard ----------------------------------------------------------------


def interpolated(path: Path) -> str:
    """A compose file with the values of the .env beside it, as compose itself fills them in."""
    lines = [line for line in (path.parent / ".env").read_text().splitlines() if "=" in line and line[0] != "#"]
    text = path.read_text()
    for name, _, value in (line.partition("=") for line in lines):
        text = text.replace("${" + name + "}", value)
    assert "${" not in text
    return text


def test_the_compose_file_is_one_and_all_that_it_mounts_is_there(exported: Path) -> None:
    compose_spec = pytest.importorskip("compose_spec")
    found = compose_spec.PyCompose.from_yaml(interpolated(exported / "compose" / "compose.yaml")).to_dict()
    assert set(found["services"]) == {"server", "prometheus", "grafana"}
    for name, service in found["services"].items():
        for volume in service["volumes"]:
            source = volume["source"] if isinstance(volume, dict) else str(volume).partition(":")[0]
            assert (exported / "compose" / source).exists(), source
        assert all("127.0.0.1" in str(port) for port in service["ports"]), name
        assert "latest" not in str(service["image"])


def test_a_wrong_compose_file_would_be_found(exported: Path) -> None:
    compose_spec = pytest.importorskip("compose_spec")
    text = interpolated(exported / "compose" / "compose.yaml")
    with pytest.raises(ValueError):
        compose_spec.PyCompose.from_yaml(text.replace("restart: unless-stopped", "restart: perhaps"))


def test_its_secrets_are_its_owners_and_open_what_they_should(exported: Path) -> None:
    folder = exported / "compose" / "secrets"
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()} == {
        "keys.json": 0o600, "client-key": 0o600, "metrics-key": 0o600,
    }  # fmt: skip
    assert {key.name: key.scopes for key in live.keys(folder / "keys.json")} == {
        "client": ("predict", "feedback"), "prometheus": ("metrics",),
    }  # fmt: skip


@pytest.mark.skipif(shutil.which("prometheus") is None, reason="Prometheus is not installed")
def test_a_real_prometheus_finds_every_panel_of_the_dashboard(project: Path, exported: Path, tmp_path: Path) -> None:
    folder = exported / "compose" / "secrets"
    secret = (folder / "client-key").read_text()
    with server(project, "--keys", folder / "keys.json", "--processes", "2") as found:
        config, port = tmp_path / "prometheus.yml", free_port()
        filled = _environment().get_template("prometheus.yml").render(
            interval="500ms", target=f"127.0.0.1:{found.port}", credentials=str(folder / "metrics-key"))
        config.write_text(filled)
        assert subprocess.run(["promtool", "check", "config", config], capture_output=True).returncode == 0
        words = ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={tmp_path / 'data'}",
                 f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"]  # fmt: skip
        with running(words, cwd=tmp_path):
            def value(query: str) -> list[Any]:
                reply = httpx.get(f"http://127.0.0.1:{port}/api/v1/query", params={"query": query})
                return list(reply.json()["data"]["result"]) if reply.status_code == 200 else []

            def asked() -> bool:
                for _ in range(5):
                    reply = found.ask("blue sea", authorization=f"Bearer {secret}")
                    assert reply.status_code == 200
                return all(value(query) and value(query)[0]["value"][1] != "NaN"
                           for panel in PANELS for _, query in panel.lines)  # fmt: skip

            wait_for(lambda: value("up") and value("up")[0]["value"][1] == "1")
            wait_for(asked)
            assert value("max(breakeven_release)")[0]["value"][1] == "1"
            assert float(value("breakeven_queue_seconds_total")[0]["value"][1]) > 0
    kept = json.loads((exported / "compose" / "grafana" / "dashboards" / "breakeven.json").read_text())
    shown = [target["expr"] for panel in kept["panels"] for target in panel["targets"]]
    assert shown == [query for panel in PANELS for _, query in panel.lines]


# --- Kubernetes ------------------------------------------------------------------------------------------------


def documents(exported: Path) -> dict[str, dict[str, Any]]:
    yaml = pytest.importorskip("yaml")
    return {found["kind"]: found for found in yaml.safe_load_all((exported / "kubernetes" / "kubernetes.yaml").open())}


def test_the_manifests_are_as_their_schemas_say(exported: Path) -> None:
    validate = pytest.importorskip("kubernetes_validate")
    found = documents(exported)
    assert set(found) == {"Deployment", "Service", "PodDisruptionBudget", "HorizontalPodAutoscaler"}
    for document in found.values():
        validate.validate(document, "1.33", strict=True)
    found["Deployment"]["spec"]["template"]["spec"]["containers"][0]["livenessProb"] = {}
    with pytest.raises(validate.ValidationError):
        validate.validate(found["Deployment"], "1.33", strict=True)


def test_pods_are_closed_probed_and_as_large_as_was_measured(exported: Path, project: Path) -> None:
    found = documents(exported)
    pod = found["Deployment"]["spec"]["template"]
    assert found["Service"]["spec"]["selector"].items() <= pod["metadata"]["labels"].items()
    server, measured = pod["spec"]["containers"][0], verified(Store(project), 1).measurement
    assert measured is not None
    request = int(server["resources"]["requests"]["memory"].removesuffix("Mi"))
    assert measured.peak_bytes / 2**20 < request < int(server["resources"]["limits"]["memory"].removesuffix("Mi"))
    assert server["readinessProbe"]["httpGet"]["path"] == "/ready"
    assert server["livenessProbe"]["httpGet"]["path"] == "/health"
    for container in (server, pod["spec"]["initContainers"][0]):
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
    adapter = (exported / "kubernetes" / "prometheus-adapter.yaml").read_text()
    metric = found["HorizontalPodAutoscaler"]["spec"]["metrics"][0]["pods"]["metric"]["name"]
    assert f"as: {metric}\n" in adapter


# --- Ray Serve -------------------------------------------------------------------------------------------------


def test_the_module_for_ray_is_python_and_its_application_answers(exported: Path, tmp_path: Path) -> None:
    compile((exported / "ray-serve" / "serve_release.py").read_text(), "serve_release.py", "exec")
    code = (
        "import asyncio, sys; from pathlib import Path; from breakeven.serving.embedded import application\n"
        "import httpx; app = application(Path('project'))\n"
        "async def ask():\n"
        "    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url='http://x') as client:\n"
        "        return (await client.post('/v1/predict', json={'inputs': ['blue sea']})).json()['release']\n"
        "print('release', asyncio.run(ask())); print([n for n in sys.modules if n.startswith('breakeven.')][0])\n"
        "import breakeven; print(breakeven.__file__)"
    )
    folder = exported / "ray-serve"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=folder, timeout=120,
                          env={**os.environ, "PYTHONPATH": str(folder)})  # fmt: skip
    assert "release 1" in done.stdout, done.stderr
    assert str(folder) in done.stdout


# --- what goes wrong -------------------------------------------------------------------------------------------


def test_nothing_is_overwritten_and_unknown_places_are_named(project: Path, exported: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="overwritten"):
        verbs.export_release(project, "docker", exported / "docker")
    with pytest.raises(UsageError, match="nothing that is exported to"):
        verbs.export_release(project, "heroku", tmp_path / "x")
    with pytest.raises(UsageError, match="no release 5"):
        verbs.export_release(project, "docker", tmp_path / "x", 5)
    assert not (tmp_path / "x").exists()
    done = command("export", "--to", "heroku", "--out", tmp_path / "x", "--project", project)
    assert done.returncode == 2
    assert "kubernetes" in done.stderr
