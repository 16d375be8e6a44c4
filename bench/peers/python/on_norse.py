"""
Norse: its LIFBoxCell, dt / tau = 0.1 and reset by subtraction: u = v + 0.1 (I' - v); s = (u >= 1); v = u - s. Its current is scaled by 0.1, so the
weights into it are ten times ours and learn with a rate a hundred times ours: the same network, the same steps. The linear layers work on all
steps at once, which is faster than lifting them step by step.
"""

from importlib.metadata import version

import torch
import torch.nn.functional as F
import torch.utils._pytree as pytree

# Norse 1.1 asks for the public name that PyTorch 2 gave to this function.
if not hasattr(pytree, "register_pytree_node"):
    pytree.register_pytree_node = pytree._register_pytree_node

from norse.torch.functional.lif_box import LIFBoxFeedForwardState, LIFBoxParameters
from norse.torch.functional.reset import reset_subtract
from norse.torch.module.lif_box import LIFBoxCell

import protocol
from protocol import Calling
from torch_common import Descent, tensors, to_numpy, versions


def cell():
    return LIFBoxCell(
        LIFBoxParameters(
            tau_mem_inv=torch.as_tensor(100.0), method="triangle", alpha=1.0, reset_method=reset_subtract
        ),
        dt=0.001,
    )


def fired(neuron, current):
    state, spikes = LIFBoxFeedForwardState(v=torch.zeros_like(current[0])), []
    for now in current:
        s, state = neuron(now, state)
        spikes.append(s)
    return torch.stack(spikes)


class ScaledDescent(Descent):
    """Plain gradient descent in which the parameters `scaled` are ten times ours."""

    def __init__(self, parameters, scaled, loss, rate):
        super().__init__([*parameters, *scaled], loss, rate)
        self.optimizer = torch.optim.SGD([{"params": parameters}, {"params": scaled, "lr": 100 * rate}], lr=rate)


def spiking(inputs, p):
    t = tensors(inputs)
    x, labels, w0, w1 = t["x"], t["labels"].long(), 10 * t["w0"], t["w1"]
    neuron = cell()

    def loss():
        return F.cross_entropy((fired(neuron, x @ w0) @ w1).mean(0), labels)

    return ScaledDescent([w1], [w0], loss, p["rate"])


def inference(inputs, _):
    t = tensors(inputs)
    neuron, w0 = cell(), 10 * t["w0"]

    @torch.no_grad()
    def run():
        return [(fired(neuron, t["x"] @ w0) @ t["w1"]).mean(0)]

    return Calling(run)


def recurrent(inputs, p):
    t = tensors(inputs)
    x, labels, w0, r, w1 = t["x"], t["labels"].long(), 10 * t["w0"], 10 * t["r"], t["w1"]
    neuron = cell()

    def loss():
        current, spikes = x @ w0, []
        s = torch.zeros_like(current[0])
        state = LIFBoxFeedForwardState(v=s)
        for now in current:
            s, state = neuron(now + s @ r, state)
            spikes.append(s)
        return F.cross_entropy((torch.stack(spikes) @ w1).mean(0), labels)

    return ScaledDescent([w1], [w0, r], loss, p["rate"])


def convolutional(inputs, p):
    t = tensors(inputs)
    x, labels, c0, c1, w = t["x"], t["labels"].long(), 10 * t["c0"], 10 * t["c1"], t["w"]
    steps, batch = p["steps"], x.shape[0]
    neuron = cell()

    def loss():
        drive = F.conv2d(x, c0, padding=1)
        s = fired(neuron, drive.expand(steps, *drive.shape)).flatten(0, 1)
        current = F.conv2d(F.max_pool2d(s, 2), c1, padding=1)
        s = fired(neuron, current.reshape(steps, batch, *current.shape[1:])).flatten(0, 1)
        return F.cross_entropy((F.max_pool2d(s, 2).reshape(steps, batch, 4096) @ w).mean(0), labels)

    return ScaledDescent([w], [c0, c1], loss, p["rate"])


if __name__ == "__main__":
    protocol.serve(
        {
            "spiking": spiking,
            "spiking-inference": inference,
            "recurrent": recurrent,
            "spiking-convolutional": convolutional,
        },
        {"spiking-arctan": "has no arctangent surrogate"},
        versions(norse=version("norse")),
        to_numpy=to_numpy,
    )
