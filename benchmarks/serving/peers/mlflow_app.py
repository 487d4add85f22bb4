"""MLflow: a model from code, saved by `mlflow_app.py FOLDER` and served by `mlflow models serve -m FOLDER`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import mlflow

if __name__ == "__main__":
    mlflow.pyfunc.save_model(sys.argv[1], python_model=str(Path(__file__)), pip_requirements=[])
else:
    from model import Model

    class Boosted(mlflow.pyfunc.PythonModel):
        def load_context(self, context: Any) -> None:
            self.model = Model()

        def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]  # it reads its annotations
            return self.model.answers(model_input)

    mlflow.models.set_model(Boosted())
