"""
Brian2's C++ standalone mode: the whole simulation becomes a program of its own, compiled by the system's compiler as Brian2 does by default
(-O3 -ffast-math -march=native). Each round runs the program from its start: it draws the connections, settles, and times what follows by its
own clock. To build is to write and compile it, and what it does before its first step.

An argument "openmp" after the number of threads lets it use them.
"""

import sys
import tempfile
import time

import brian2
import numpy as np
from brian2 import Network, SpikeMonitor, defaultclock, device, ms, prefs, second, set_device

from brian2_networks import networks, spikes_of
from simulation_protocol import Simulation, serve, threads

openmp = sys.argv[2:] == ["openmp"]
folder = tempfile.mkdtemp()
set_device("cpp_standalone", directory=folder, build_on_run=False)
prefs.codegen.cpp.headers += ["<iomanip>", "<chrono>", "<fstream>"]
prefs.devices.cpp_standalone.extra_make_args_unix = [f"-j{threads()}"]
if openmp:
    prefs.devices.cpp_standalone.openmp_threads = threads()
defaultclock.dt = 0.1 * ms
brian2.seed(1)

FIRST_STEP = """
std::ofstream(brian::results_dir + "first_step") << std::setprecision(17) << std::chrono::duration<double>(
    std::chrono::system_clock::now().time_since_epoch()).count();
"""
PEAK = """
{
    std::ifstream status("/proc/self/status");
    std::ofstream peak(brian::results_dir + "peak");
    for (std::string line; std::getline(status, line);)
        if (line.rfind("VmHWM:", 0) == 0) peak << line.substr(6);
}
"""


class Standalone(Simulation):
    def __init__(self, build, parameters, settle_ms, duration_ms):
        begun = time.perf_counter()
        objects, self.populations = build(parameters)
        self.settle_ms = settle_ms
        self.monitor = next(one for one in objects if isinstance(one, SpikeMonitor))
        network = Network(*objects)
        device.insert_code("main", FIRST_STEP)
        network.run(settle_ms * ms)
        network.run(duration_ms * ms)
        device.insert_code("before_end", PEAK)
        device.build(directory=folder, compile=True, run=False)
        self.compile_ms = 1000 * (time.perf_counter() - begun)

    def measure(self, settle_ms, duration_ms):
        begun = time.time()
        device.run(folder, with_output=False)
        first_step = float(result("first_step"))
        fired = np.asarray(self.monitor.i)[np.asarray(self.monitor.t / second) >= 1e-3 * self.settle_ms]
        return {
            "ms": 1000 * float(result("last_run_info.txt").split()[0]),
            "buildMs": self.compile_ms + 1000 * (first_step - begun),
            "spikes": spikes_of(fired, self.populations),
            **peak(),
        }


def result(name):
    with open(f"{folder}/results/{name}") as file:
        return file.read()


def peak():
    """Memory of the program, where the system tells."""
    try:
        return {"peakMB": int(result("peak").split()[0]) * 1024 / 1e6}
    except (IndexError, OSError):
        return {}


def making(build):
    return lambda p, settle_ms, duration_ms: Standalone(build, p, settle_ms, duration_ms)


serve({name: making(build) for name, build in networks.items()}, {"brian2": brian2.__version__})
