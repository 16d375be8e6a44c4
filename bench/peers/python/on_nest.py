"""NEST, with its own drawing of connections, homogeneous weights where all are the same, and threads as asked."""

import time

import nest

import microcircuit as mc
from simulation_protocol import Simulation, serve, threads

INFINITY = float("inf")


class Nest(Simulation):
    def __init__(self, populations):
        """populations: name -> nodes"""
        self.recorders = {}
        for name, nodes in populations.items():
            self.recorders[name] = nest.Create("spike_recorder")
            nest.Connect(nodes, self.recorders[name])
        nest.Prepare()
        nest.Run(0.1)

    def advance(self, duration_ms):
        begun = time.perf_counter()
        nest.Run(duration_ms)
        return 1000 * (time.perf_counter() - begun)

    def spikes(self):
        return {name: int(recorder.n_events) for name, recorder in self.recorders.items()}


def reset():
    nest.ResetKernel()
    nest.resolution = 0.1
    nest.local_num_threads = threads()
    nest.rng_seed = 1


def coba(p, *times):
    reset()
    cells = dict(C_m=200.0, g_L=10.0, E_L=-60.0, V_reset=-60.0, V_th=-50.0, t_ref=5.0, I_e=200.0)
    cells.update(tau_syn_ex=5.0, tau_syn_in=10.0, E_ex=0.0, E_in=-80.0, V_m=nest.random.normal(-55.0, 2.0))
    nodes = nest.Create("iaf_cond_exp", p["neurons"], params=cells)
    excitatory = p["neurons"] * 4 // 5
    for name, sources, weight in (
        ("excitatory", nodes[:excitatory], 6.0),
        ("inhibitory", nodes[excitatory:], -67.0),
    ):
        nest.CopyModel("static_synapse_hom_w", name, {"weight": weight})
        rule = {"rule": "pairwise_bernoulli", "p": p["probability"]}
        nest.Connect(sources, nodes, rule, {"synapse_model": name, "delay": 0.1})
    return Nest({"all": nodes})


def microcircuit(p, *times):
    reset()
    circuit = mc.Microcircuit(p["neurons"], p["inDegree"])
    cells = dict(C_m=mc.C_PF, tau_m=mc.TAU_MS, E_L=mc.REST_MV, V_reset=mc.REST_MV, V_th=mc.THRESHOLD_MV)
    cells.update(t_ref=mc.REFRACTORY_MS, tau_syn_ex=mc.TAU_SYNAPSE_MS, tau_syn_in=mc.TAU_SYNAPSE_MS)
    populations = []
    for i, size in enumerate(circuit.sizes):
        start = nest.random.normal(mc.START_MV[i], mc.START_SD_MV[i])
        populations.append(nest.Create("iaf_psc_exp", int(size), {**cells, "I_e": circuit.current[i], "V_m": start}))
        outside = nest.Create("poisson_generator", params={"rate": circuit.external[i] * mc.EXTERNAL_HZ})
        nest.Connect(outside, populations[i], syn_spec={"weight": circuit.external_weight, "delay": 0.1})
    for target in range(8):
        for source in range(8):
            if circuit.counts[target, source] == 0:
                continue
            mean, delay = circuit.weights[target, source], mc.DELAY_MS[source % 2]
            low, high = (0.0, INFINITY) if mean > 0 else (-INFINITY, 0.0)
            weight = nest.math.redraw(nest.random.normal(mean, mc.WEIGHT_SD * abs(mean)), min=low, max=high)
            delays = nest.math.redraw(nest.random.normal(delay, delay / 2), min=0.1, max=INFINITY)
            rule = {"rule": "fixed_total_number", "N": int(circuit.counts[target, source])}
            nest.Connect(populations[source], populations[target], rule, {"weight": weight, "delay": delays})
    return Nest(dict(zip(mc.NAMES, populations)))


# Greetings and progress would be read as answers.
if hasattr(nest, "set_verbosity"):
    nest.set_verbosity("M_ERROR")
else:
    nest.verbosity = 30
serve({"coba": coba, "microcircuit": microcircuit}, {"nest": nest.__version__})
