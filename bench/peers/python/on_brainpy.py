"""
BrainPy on the CPU, with its event-driven products: one population, synapses merged at the postsynaptic neurons, spikes as booleans, one
compiled loop. This is its COBA example with the two populations in one, which halves the number of products (and nearly the time).
"""

import time

import brainpy as bp
import brainpy.math as bm
import jax
import numpy as np

from simulation_protocol import Simulation, serve

DT = 0.1
bm.set_platform("cpu")
bm.set_dt(DT)


class Coba(bp.DynamicalSystem):
    def __init__(self, neurons, probability):
        super().__init__()
        self.excitatory = neurons * 4 // 5
        cells = dict(V_rest=-60.0, V_th=-50.0, V_reset=-60.0, tau=20.0, tau_ref=5.0)
        self.cells = bp.dyn.LifRef(neurons, **cells, V_initializer=bp.init.Normal(-55.0, 2.0), spk_dtype=bool)
        self.E = self.projection(self.excitatory, probability, 0.6, 5.0, 0.0)
        self.I = self.projection(neurons - self.excitatory, probability, 6.7, 10.0, -80.0)

    def projection(self, sources, probability, weight, tau, reversal):
        # Without multiple connections the drawing alone takes a minute for each 100,000 neurons.
        wiring = bp.conn.FixedProb(probability, pre=sources, post=self.cells.num, allow_multi_conn=True)
        return bp.dyn.HalfProjAlignPostMg(
            comm=bp.dnn.EventCSRLinear(wiring, weight),
            syn=bp.dyn.Expon.desc(self.cells.num, tau=tau),
            out=bp.dyn.COBA.desc(E=reversal),
            post=self.cells,
        )

    def update(self):
        spikes = self.cells.spike.value
        self.E(spikes[: self.excitatory])
        self.I(spikes[self.excitatory :])
        self.cells(20.0)


class BrainPy(Simulation):
    def __init__(self, network):
        self.network = network
        self.steps = 0
        self.fired = 0
        # Recording every neuron in every step would cost it much more than the simulation: it counts.
        @bm.jit(static_argnums=1)
        def run(first, steps):
            def step(i):
                network.step_run(i)
                return bm.sum(network.cells.spike)

            return bm.for_loop(step, first + bm.arange(steps), progress_bar=False)

        self.loop = run
        self.advance(DT)

    def advance(self, duration_ms):
        steps = round(duration_ms / DT)
        begun = time.perf_counter()
        self.fired += int(np.asarray(bm.as_numpy(self.loop(self.steps, steps))).sum())
        self.steps += steps
        return 1000 * (time.perf_counter() - begun)

    def spikes(self):
        return {"all": self.fired}


serve(
    {"coba": lambda p, *times: BrainPy(Coba(p["neurons"], p["probability"]))},
    {"brainpy": bp.__version__, "jax": jax.__version__},
    {"microcircuit": "a projection has one delay, not one for each synapse"},
)
