"""Trees that answer: LightGBM's library by its C interface, without the Python package around it.

The package loads SciPy and copies a row several times on its way; the C functions (LightGBM's "C API") answer one row
in a few microseconds, and a process that only answers starts sooner and is smaller. Training goes by the package.
"""

from __future__ import annotations

import ctypes
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

FLOAT64, NORMAL = 1, 0
"""C_API_DTYPE_FLOAT64, C_API_PREDICT_NORMAL."""
FEW_ROWS = 256
"""So few rows are not worth waking other threads."""


class TreeFile:
    """The trees of a model file. Raises ValueError when LightGBM cannot read it."""

    def __init__(self, content: bytes) -> None:
        self._library, self._handle = _library(), ctypes.c_void_p()
        iterations = ctypes.c_int()
        self._call("LGBM_BoosterLoadModelFromString", content, ctypes.byref(iterations), ctypes.byref(self._handle))
        classes, features = ctypes.c_int(), ctypes.c_int()
        self._call("LGBM_BoosterGetNumClasses", self._handle, ctypes.byref(classes))
        self._call("LGBM_BoosterGetNumFeature", self._handle, ctypes.byref(features))
        self._classes, self._features = classes.value, features.value
        self._one = self._for_one_row()

    def answers(self, features: np.ndarray, width: int) -> np.ndarray:
        """Predictions (n, width) of features (n, d): probabilities, or numbers."""
        raw = self._raw(np.ascontiguousarray(features, np.float64))
        return np.hstack([1.0 - raw, raw]) if width == 2 else raw

    def _raw(self, features: np.ndarray) -> np.ndarray:
        rows, columns = features.shape
        if columns != self._features:
            raise ValueError(f"the trees read {self._features} features, not {columns}")
        out, length = np.empty((rows, self._classes)), ctypes.c_int64()
        if rows == 1:
            self._call("LGBM_BoosterPredictForMatSingleRowFast", self._one, _pointer(features), ctypes.byref(length),
                       _pointer(out))  # fmt: skip
        else:
            threads = b"num_threads=1" if rows < FEW_ROWS else b""
            self._call("LGBM_BoosterPredictForMat", self._handle, _pointer(features), FLOAT64, rows, columns, 1,
                       NORMAL, 0, -1, threads, ctypes.byref(length), _pointer(out))  # fmt: skip
        return out

    def _for_one_row(self) -> ctypes.c_void_p:
        """What LightGBM keeps ready for single rows."""
        made = ctypes.c_void_p()
        self._call("LGBM_BoosterPredictForMatSingleRowFastInit", self._handle, NORMAL, 0, -1, FLOAT64, self._features,
                   b"num_threads=1", ctypes.byref(made))  # fmt: skip
        return made

    def _call(self, name: str, *arguments: object) -> None:
        if getattr(self._library, name)(*arguments):
            raise ValueError(self._library.LGBM_GetLastError().decode("utf-8", "replace"))

    def __del__(self) -> None:
        if getattr(self, "_one", None):
            self._library.LGBM_FastConfigFree(self._one)
        if getattr(self, "_handle", None):
            self._library.LGBM_BoosterFree(self._handle)


def _pointer(array: np.ndarray) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


@cache
def _library() -> ctypes.CDLL:
    """The shared library inside the package. Raises OSError when it is not there."""
    found = find_spec("lightgbm")
    places = found.submodule_search_locations if found else None
    files = [file for place in places or () for file in Path(place).rglob("*lib_lightgbm.*") if file.suffix != ".lib"]
    if not files:
        raise OSError("the library of lightgbm is not installed")
    library = ctypes.CDLL(str(files[0]))
    library.LGBM_GetLastError.restype = ctypes.c_char_p
    return library
