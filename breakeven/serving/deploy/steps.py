"""What is to be done with an exported folder, for its README."""

from __future__ import annotations

BUILD = """```
docker build -t {image} .
"""
STEPS = {
    "docker": BUILD + """breakeven keys add app --keys keys.json   # the key that your application sends
docker run --rm -p 127.0.0.1:8000:8000 --user "$(id -u):$(id -g)" \\
  -v "$PWD/keys.json:/run/keys/keys.json:ro" {image}
```

The container runs as you, so that it can read your key file and nobody else can. It needs no root and writes only its
traffic log (`/srv/project/.breakeven/traffic`: mount a folder there to keep it).
""",
    "compose": """```
docker compose up --build -d
curl -s localhost:8000/v1/predict -H "authorization: Bearer $(cat secrets/client-key)" \\
  -H 'content-type: application/json' -d '{{"inputs": ["…"]}}'
```

Grafana: http://localhost:3000, Prometheus: http://localhost:9090; both on this machine only. `secrets/` holds the key
of your clients and that of Prometheus: keep it out of repositories. If you exported as root, give `secrets/` and
`data/` to the user of `.env`.
""",
    "kubernetes": BUILD + """breakeven keys add app --keys keys.json   # another for Prometheus: --scopes metrics
kubectl create secret generic {slug}-keys --from-file=keys.json
kubectl apply -f kubernetes.yaml
```

Two pods at least; each is ready once its release gave its golden answers, and finishes what is under way before it
ends. The number of pods follows the mean wait for a batch: that needs Prometheus, which scrapes `:8000/metrics` with a
key of the scope `metrics`, and its adapter with the rule of `prometheus-adapter.yaml`. The traffic log goes with its
pod unless you mount a volume there.
""",
    "ray-serve": """```
pip install "ray[serve]" -r requirements.txt
serve run serve_release:app
```

With `keys.json` beside `serve_release.py` (`breakeven keys add app --keys keys.json`) every request must carry a key;
without it let nobody but this machine reach Ray's port.
""",
}  # fmt: skip
