"""How much memory this process took."""

import contextlib
import resource
from pathlib import Path


def peak_mb() -> float:
    """The most memory this process had; what the kernel tells of a process also holds that of its parent."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text("ascii").splitlines():
            if line.startswith("VmHWM:"):
                return round(int(line.split()[1]) / 1024, 1)
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
