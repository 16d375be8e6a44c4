"""
Spyx: its LIF and RLIF under spyx.nn.run (lax.scan). Its neuron fires from the potential that the last step left, and its reset is not decayed:
s[t] = (v[t-1] > 1); v[t] = 0.9 v[t-1] + I[t] - s[t]. The operations are as many as ours and of the same shapes, but the numbers differ, so that
only the size of the loss can be compared. Its layers stand in the scan, as in its tutorials, except that the first product and the readout work on
all steps at once, which is faster.
"""

from importlib.metadata import version

import jax
import jax.numpy as jnp
from flax import nnx
from spyx import axn, nn

import protocol
from jax_common import Compiled, Descent, arrays, channels_last, conv, cross_entropy, max_pool, versions

triangle = axn.triangular(1)
arctan = axn.arctan(1)  # 1 / (1 + (pi x)^2), divided by pi


def neuron(shape, activation=triangle, kind=nn.LIF):
    return kind(shape, beta=0.9, threshold=1.0, activation=activation, rngs=nnx.Rngs(0))


def fired(layer, current):
    """`[time, batch, ...]` -> spikes, same shape"""
    rest = layer.initial_state(current.shape[1])
    return jax.lax.scan(lambda v, now: layer(now, v)[::-1], rest, current)[1]


def spiking(activation):
    def prepare(inputs, p):
        t = arrays(inputs)
        x, labels = t.pop("x"), t.pop("labels")
        layer = neuron((512,), activation)

        def loss(t, x, labels):
            return cross_entropy((fired(layer, x @ t["w0"]) @ t["w1"]).mean(0), labels)

        return Descent(loss, t, p["rate"], x, labels)

    return prepare


def inference(inputs, _):
    layer = neuron((512,))
    return Compiled(lambda t: [(fired(layer, t["x"] @ t["w0"]) @ t["w1"]).mean(0)], arrays(inputs))


def recurrent(inputs, p):
    t = arrays(inputs)
    x, labels = t.pop("x"), t.pop("labels")

    def loss(t, x, labels):
        own = neuron((256,), kind=nn.RLIF)
        own.recurrent_w = nnx.Param(t["r"])
        return cross_entropy((fired(own, x @ t["w0"]) @ t["w1"]).mean(0), labels)

    return Descent(loss, t, p["rate"], x, labels)


def convolutional(inputs, p):
    t = channels_last(arrays(inputs))
    x, labels = t.pop("x"), t.pop("labels")
    steps, batch = p["steps"], x.shape[0]
    one, two = neuron((32, 32, 32)), neuron((16, 16, 64))

    def loss(t, x, labels):
        drive = conv(x, t["c0"])
        first = fired(one, jnp.broadcast_to(drive, (steps, *drive.shape)))
        current = conv(max_pool(first.reshape(-1, *first.shape[2:])), t["c1"])
        second = fired(two, current.reshape(steps, batch, *current.shape[1:]))
        flat = max_pool(second.reshape(-1, *second.shape[2:])).reshape(steps, batch, 4096)
        return cross_entropy((flat @ t["w"]).mean(0), labels)

    return Descent(loss, t, p["rate"], x, labels)


if __name__ == "__main__":
    protocol.serve(
        {
            "spiking": spiking(triangle),
            "spiking-arctan": spiking(arctan),
            "spiking-inference": inference,
            "recurrent": recurrent,
            "spiking-convolutional": convolutional,
        },
        {},
        versions(spyx=version("spyx")),
        compiles=True,
        differs="its neuron fires one step later and its reset is not decayed",
    )
