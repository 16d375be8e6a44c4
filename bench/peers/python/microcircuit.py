"""The cortical microcircuit of Potjans and Diesmann (2014) in numbers, downscaled as van Albada et al. (2015) do it."""

import numpy as np

NAMES = ["L23E", "L23I", "L4E", "L4I", "L5E", "L5I", "L6E", "L6I"]
SIZE = np.array([20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948])
# Rows are targets, columns sources.
PROBABILITY = 1e-4 * np.array(
    [
        [1009, 1689, 437, 818, 323, 0, 76, 0],
        [1346, 1371, 316, 515, 755, 0, 42, 0],
        [77, 59, 497, 1350, 67, 3, 453, 0],
        [691, 29, 794, 1597, 33, 0, 1057, 0],
        [1004, 622, 505, 57, 831, 3726, 204, 0],
        [548, 269, 257, 22, 600, 3158, 86, 0],
        [156, 66, 211, 166, 572, 197, 396, 2252],
        [364, 10, 34, 5, 277, 80, 658, 1443],
    ]
)
EXTERNAL = np.array([1600, 1500, 2100, 1900, 2000, 1900, 2900, 2100])
EXTERNAL_HZ = 8.0
RATES_HZ = np.array([0.903, 2.965, 4.414, 5.876, 7.569, 8.633, 1.105, 7.829])
START_MV = np.array([-68.28, -63.16, -63.33, -63.45, -63.11, -61.66, -66.72, -61.43])
START_SD_MV = np.array([5.36, 4.57, 4.74, 4.94, 4.94, 4.55, 5.46, 4.48])
C_PF, TAU_MS, TAU_SYNAPSE_MS, REFRACTORY_MS = 250.0, 10.0, 0.5, 2.0
REST_MV, THRESHOLD_MV = -65.0, -50.0
WEIGHT_PA, WEIGHT_SD, INHIBITION = 87.81, 0.1, -4.0
# Of excitatory and of inhibitory sources; the deviation is half of the mean.
DELAY_MS = (1.5, 0.75)


class Microcircuit:
    """sizes [8]; counts and weights [target, source]; current [8] in pA; external inputs [8] of weight `external_weight`"""

    def __init__(self, neurons, in_degree):
        pairs = np.outer(SIZE, SIZE).astype(float)
        synapses = np.log1p(-PROBABILITY) / np.log1p(-1 / pairs)
        weights = np.full((8, 8), WEIGHT_PA)
        weights[:, 1::2] *= INHIBITION
        weights[0, 2] *= 2
        recurrent = (weights * synapses / SIZE[:, None] * RATES_HZ).sum(1)
        missing = recurrent + WEIGHT_PA * EXTERNAL * EXTERNAL_HZ
        self.sizes = np.round(SIZE * neurons).astype(int)
        self.counts = np.round(synapses * neurons * in_degree).astype(int)
        self.weights = weights / np.sqrt(in_degree)
        self.current = 1e-3 * TAU_SYNAPSE_MS * (1 - np.sqrt(in_degree)) * missing
        self.external = EXTERNAL * in_degree
        self.external_weight = WEIGHT_PA / np.sqrt(in_degree)

    def synapses(self, target, source, random):
        """Sources, targets, weights in pA and delays in ms of the synapses of one projection, drawn."""
        count = self.counts[target, source]
        mean, delay = self.weights[target, source], DELAY_MS[source % 2]
        pre = random.integers(self.sizes[source], size=count)
        post = random.integers(self.sizes[target], size=count)
        weights = np.sign(mean) * redrawn(abs(mean), WEIGHT_SD * abs(mean), 0, count, random)
        return pre, post, weights, redrawn(delay, delay / 2, 0.1, count, random)


def redrawn(mean, deviation, least, count, random):
    """Normal numbers, those below `least` drawn again."""
    values = random.normal(mean, deviation, count)
    while (low := values < least).any():
        values[low] = random.normal(mean, deviation, low.sum())
    return values
