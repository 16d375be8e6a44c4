"""The Python side of the simulations: reads one request a line and answers with one line (see harness/participant.ts)."""

import sys
import time

from protocol import answer_all, threads


class Simulation:
    """A network made ready: drawn, compiled, and a step taken."""

    def advance(self, duration_ms):
        """Goes on for so long. Gives the milliseconds that it took."""
        raise NotImplementedError

    def spikes(self):
        """How often the neurons of each population have fired since the start, by name."""
        raise NotImplementedError

    def measure(self, settle_ms, duration_ms):
        """What is answered to "simulate": goes on for `settle_ms`, then for `duration_ms` by the clock."""
        if settle_ms > 0:
            self.advance(settle_ms)
        before = self.spikes()
        ms = self.advance(duration_ms)
        return {"ms": ms, "spikes": {name: count - before[name] for name, count in self.spikes().items()}}


def serve(networks, versions, absent=None):
    """
    networks: name of the network -> function(parameters, settleMs, durationMs) -> Simulation; the times are those of the rounds to come
    absent: name of the network -> why it is not done
    """
    simulation = None

    def answer(request):
        nonlocal simulation
        if request["do"] == "introduce":
            return {"versions": {**versions, "python": sys.version.split()[0]}, "threads": threads()}
        if request["do"] == "build":
            name = request["network"]
            if name not in networks:
                return {"absent": (absent or {}).get(name, "has nothing for this")}
            begun = time.perf_counter()
            simulation = networks[name](request["parameters"], request["settleMs"], request["durationMs"])
            return {"buildMs": 1000 * (time.perf_counter() - begun)}
        return simulation.measure(request["settleMs"], request["durationMs"])

    answer_all(answer)
