"""How fast devices talk to each other: a fast domain (NVLink, a TPU slice) inside a slower network.

All times are of ring collectives: each member sends (n-1)/n of the bytes over the slowest link of its ring, and every
hop costs a little time of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Network:
    """Links of one device, in bytes per second and direction; `domain` devices share the fast ones."""

    domain: int
    fast_bytes_per_second: float
    slow_bytes_per_second: float

    def bandwidth(self, members: ArrayLike, stride: ArrayLike) -> Numbers:
        """Bytes per second that each of `members` devices, `stride` places apart, sends in a ring.

        Members inside one domain use its links. Else the g members in each domain run g rings side by side, so that a
        ring crosses the slow network with g times the link of one device, at most with the fast link.
        """
        members, stride = np.asarray(members, float), np.asarray(stride, float)
        inside = np.clip(self.domain / stride, 1.0, None)
        crossing = np.minimum(self.fast_bytes_per_second, self.slow_bytes_per_second * np.minimum(inside, members))
        return np.where(members <= inside, self.fast_bytes_per_second, crossing)

    def ring_seconds(self, sent_bytes: ArrayLike, members: ArrayLike, stride: ArrayLike) -> Numbers:
        """Seconds to gather or scatter `sent_bytes` (the whole tensor) over a ring; an all-reduce is two of them."""
        members = np.asarray(members, float)
        return np.asarray(sent_bytes) * (members - 1) / members / self.bandwidth(members, stride)
