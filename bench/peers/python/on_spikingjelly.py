"""
SpikingJelly: its LIFNode in multi-step mode, time constant of 10 steps, input not decayed, soft reset:
u[t] = v[t-1] - v[t-1] / 10 + I[t]; s = (u >= 1); v = u - s. Linear and convolutional layers see time and batch as one axis, as its own do.
"""

from importlib.metadata import version

import torch
import torch.nn.functional as F
from spikingjelly.activation_based import neuron, surrogate

import protocol
from protocol import Calling
from torch_common import Descent, tensors, to_numpy, versions


def lif(mode="m", function=None):
    return neuron.LIFNode(
        tau=10.0,
        decay_input=False,
        v_threshold=1.0,
        v_reset=None,
        surrogate_function=function or surrogate.PiecewiseQuadratic(alpha=1.0),
        step_mode=mode,
    )


def spiking(make):
    def prepare(inputs, p):
        t = tensors(inputs)
        x, labels = t.pop("x"), t.pop("labels").long()
        node = make()

        def loss():
            node.reset()
            return F.cross_entropy((node(x @ t["w0"]) @ t["w1"]).mean(0), labels)

        return Descent(list(t.values()), loss, p["rate"])

    return prepare


def inference(inputs, _):
    t = tensors(inputs)
    node = lif()

    @torch.no_grad()
    def run():
        node.reset()
        return [(node(t["x"] @ t["w0"]) @ t["w1"]).mean(0)]

    return Calling(run)


def recurrent(inputs, p):
    t = tensors(inputs)
    x, labels = t.pop("x"), t.pop("labels").long()
    node = lif("s")

    def loss():
        node.reset()
        current, spikes = x @ t["w0"], []
        s = torch.zeros_like(current[0])
        for now in current:
            s = node(now + s @ t["r"])
            spikes.append(s)
        return F.cross_entropy((torch.stack(spikes) @ t["w1"]).mean(0), labels)

    return Descent(list(t.values()), loss, p["rate"])


def convolutional(inputs, p):
    t = tensors(inputs)
    x, labels = t.pop("x"), t.pop("labels").long()
    steps, batch = p["steps"], x.shape[0]
    first, second = lif(), lif()

    def loss():
        first.reset()
        second.reset()
        drive = F.conv2d(x, t["c0"], padding=1)
        s = first(drive.expand(steps, *drive.shape)).flatten(0, 1)
        current = F.conv2d(F.max_pool2d(s, 2), t["c1"], padding=1)
        s = second(current.reshape(steps, batch, *current.shape[1:])).flatten(0, 1)
        return F.cross_entropy((F.max_pool2d(s, 2).reshape(steps, batch, 4096) @ t["w"]).mean(0), labels)

    return Descent(list(t.values()), loss, p["rate"])


if __name__ == "__main__":
    protocol.serve(
        {
            "spiking": spiking(lif),
            "spiking-arctan": spiking(lambda: lif(function=surrogate.ATan(alpha=2.0))),
            "spiking-inference": inference,
            "recurrent": recurrent,
            "spiking-convolutional": convolutional,
        },
        {},
        versions(spikingjelly=version("spikingjelly")),
        to_numpy=to_numpy,
    )
