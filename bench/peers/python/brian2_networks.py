"""
The networks in Brian2's equations. As few objects as there can be, since each costs a call in every step: one group of neurons, one set of
synapses for each kind of source, in double precision, which is its default and as fast as single here.
"""

import numpy as np
from brian2 import NeuronGroup, PoissonInput, SpikeMonitor, Synapses, mV, ms, pA, pF, Hz

import microcircuit as mc


def coba(p):
    """Gives the objects of the network, and where each population begins and ends."""
    neurons, excitatory = p["neurons"], p["neurons"] * 4 // 5
    equations = """
    dv/dt = (vRest - v + gE * (reversalE - v) + gI * (reversalI - v) + drive) / tau : volt (unless refractory)
    dgE/dt = -gE / tauE : 1
    dgI/dt = -gI / tauI : 1
    """
    constants = dict(vRest=-60 * mV, reversalE=0 * mV, reversalI=-80 * mV, drive=20 * mV)
    constants.update(tau=20 * ms, tauE=5 * ms, tauI=10 * ms)
    cells = NeuronGroup(
        neurons,
        equations,
        threshold="v > -50 * mV",
        reset="v = -60 * mV",
        refractory=5 * ms,
        method="exponential_euler",
        namespace=constants,
    )
    cells.v = "-55 * mV + 2 * mV * randn()"
    objects = [cells, SpikeMonitor(cells)]
    for sources, effect in ((cells[:excitatory], "gE += 0.6"), (cells[excitatory:], "gI += 6.7")):
        synapses = Synapses(sources, cells, on_pre=effect)
        synapses.connect(p=p["probability"])
        objects.append(synapses)
    return objects, {"all": (0, neurons)}


def microcircuit(p):
    circuit = mc.Microcircuit(p["neurons"], p["inDegree"])
    random = np.random.default_rng(1)
    ends = np.concatenate([[0], np.cumsum(circuit.sizes)])
    constants = dict(vRest=mc.REST_MV * mV, capacitance=mc.C_PF * pF, tau=mc.TAU_MS * ms, tauS=mc.TAU_SYNAPSE_MS * ms)
    equations = """
    dv/dt = (vRest - v) / tau + (current + constant) / capacitance : volt (unless refractory)
    dcurrent/dt = -current / tauS : amp
    constant : amp (constant)
    """
    cells = NeuronGroup(
        ends[-1],
        equations,
        threshold="v > -50 * mV",
        reset="v = vRest",
        refractory=mc.REFRACTORY_MS * ms,
        method="exact",
        namespace=constants,
    )
    of = np.repeat(np.arange(8), circuit.sizes)
    cells.v = random.normal(mc.START_MV[of], mc.START_SD_MV[of]) * mV
    cells.constant = circuit.current[of] * pA
    objects = [cells, SpikeMonitor(cells)]
    pairs = [
        (ends[source] + pre, ends[target] + post, weights, delays)
        for target in range(8)
        for source in range(8)
        for pre, post, weights, delays in [circuit.synapses(target, source, random)]
    ]
    pre, post, weights, delays = (np.concatenate(parts) for parts in zip(*pairs))
    synapses = Synapses(cells, cells, "w : amp", on_pre="current += w")
    synapses.connect(i=pre, j=post)
    synapses.w = weights * pA
    synapses.delay = delays * ms
    objects.append(synapses)
    for i, inputs in enumerate(circuit.external):
        part = cells[ends[i] : ends[i + 1]]
        weight = circuit.external_weight * pA
        objects.append(PoissonInput(part, "current", N=round(inputs), rate=mc.EXTERNAL_HZ * Hz, weight=weight))
    return objects, {name: (ends[i], ends[i + 1]) for i, name in enumerate(mc.NAMES)}


def spikes_of(monitor_neurons, populations):
    """Spikes of each population, of the neurons that fired."""
    counts = np.bincount(monitor_neurons, minlength=max(end for _, end in populations.values()))
    return {name: int(counts[begin:end].sum()) for name, (begin, end) in populations.items()}


networks = {"coba": coba, "microcircuit": microcircuit}
