"""
snnTorch: its Leaky and RLeaky neurons, reset in the step of the spike (reset_delay=False), so that the arithmetic is ours:
u[t] = 0.9 v[t-1] + I[t]; s = (u > 1); v = u - s. The linear layers work on all steps at once, which is faster than the loop of its tutorials.
"""

import snntorch
import torch
import torch.nn.functional as F
from snntorch import surrogate

import protocol
from protocol import Calling
from torch_common import Descent, tensors, to_numpy, versions

triangle = surrogate.custom_surrogate(lambda x, gradient, _: gradient * torch.clamp(1 - x.abs(), min=0))
arctan = surrogate.atan(alpha=2.0)


def leaky(spike_grad):
    return snntorch.Leaky(beta=0.9, threshold=1.0, spike_grad=spike_grad, reset_delay=False)


def fired(neuron, current):
    memory, spikes = torch.zeros_like(current[0]), []
    for now in current:
        s, memory = neuron(now, memory)
        spikes.append(s)
    return torch.stack(spikes)


def spiking(spike_grad):
    def prepare(inputs, p):
        t = tensors(inputs)
        x, labels = t.pop("x"), t.pop("labels").long()
        neuron = leaky(spike_grad)

        def loss():
            return F.cross_entropy((fired(neuron, x @ t["w0"]) @ t["w1"]).mean(0), labels)

        return Descent(list(t.values()), loss, p["rate"])

    return prepare


def inference(inputs, _):
    t = tensors(inputs)
    neuron = leaky(triangle)

    @torch.no_grad()
    def run():
        return [(fired(neuron, t["x"] @ t["w0"]) @ t["w1"]).mean(0)]

    return Calling(run)


def recurrent(inputs, p):
    t = tensors(inputs)
    x, labels = t.pop("x"), t.pop("labels").long()
    neuron = snntorch.RLeaky(beta=0.9, linear_features=256, spike_grad=triangle, reset_delay=False)
    # The recurrent layer has a bias by default; ours has none.
    neuron.recurrent = torch.nn.Linear(256, 256, bias=False)
    with torch.no_grad():
        neuron.recurrent.weight.copy_(t["r"].T)

    def loss():
        current, spikes = x @ t["w0"], []
        s = memory = torch.zeros_like(current[0])
        for now in current:
            s, memory = neuron(now, s, memory)
            spikes.append(s)
        return F.cross_entropy((torch.stack(spikes) @ t["w1"]).mean(0), labels)

    return Descent([t["w0"], t["w1"], neuron.recurrent.weight], loss, p["rate"])


def convolutional(inputs, p):
    t = tensors(inputs)
    x, labels = t.pop("x"), t.pop("labels").long()
    steps, batch = p["steps"], x.shape[0]
    first, second = leaky(triangle), leaky(triangle)

    def loss():
        drive = F.conv2d(x, t["c0"], padding=1)
        s = fired(first, drive.expand(steps, *drive.shape)).flatten(0, 1)
        current = F.conv2d(F.max_pool2d(s, 2), t["c1"], padding=1)
        s = fired(second, current.reshape(steps, batch, *current.shape[1:])).flatten(0, 1)
        return F.cross_entropy((F.max_pool2d(s, 2).reshape(steps, batch, 4096) @ t["w"]).mean(0), labels)

    return Descent(list(t.values()), loss, p["rate"])


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
        versions(snntorch=snntorch.__version__),
        to_numpy=to_numpy,
    )
