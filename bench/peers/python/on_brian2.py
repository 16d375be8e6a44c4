"""Brian2 as it runs by default: Cython, compiled with a cache that is empty at the start, on the one thread that it has."""

import tempfile

import brian2
import Cython
import numpy as np
from brian2 import Network, SpikeMonitor, defaultclock, ms, prefs, second

from brian2_networks import networks, spikes_of
from simulation_protocol import Simulation, serve

prefs.codegen.target = "cython"
cache = tempfile.TemporaryDirectory()
prefs.codegen.runtime.cython.cache_dir = cache.name
defaultclock.dt = 0.1 * ms
brian2.seed(1)


class Brian2(Simulation):
    def __init__(self, objects, populations):
        self.network = Network(*objects)
        self.populations = populations
        self.monitor = next(one for one in objects if isinstance(one, SpikeMonitor))
        self.advance(0.1)

    def advance(self, duration_ms):
        """The steps only: what it does before the first of each run is its preparation."""
        elapsed = []

        def report(so_far, completed, start, duration):
            elapsed.append(float(so_far / second))

        self.network.run(duration_ms * ms, report=report, report_period=1e6 * second)
        return 1000 * elapsed[-1]

    def spikes(self):
        return spikes_of(np.asarray(self.monitor.i), self.populations)


serve(
    {name: lambda p, *times, build=build: Brian2(*build(p)) for name, build in networks.items()},
    {"brian2": brian2.__version__, "cython": Cython.__version__},
)
