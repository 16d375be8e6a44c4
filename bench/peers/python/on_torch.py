"""PyTorch on the CPU. Spiking networks are written by hand: one product for all steps where the network allows it, then a loop."""

import torch
import torch.nn.functional as F

import protocol
from protocol import Calling
from torch_common import Arctan, Descent, Triangle, tensors, to_numpy, versions


def matmul(inputs, _):
    # C = A B
    t = tensors(inputs)
    return Calling(lambda: [t["a"] @ t["b"]])


def perceptron(inputs, p):
    # Three products with bias, ReLU between them, cross-entropy, SGD.
    t = tensors(inputs)
    x, labels = t.pop("x"), t.pop("labels").long()

    def loss():
        first = torch.relu(torch.addmm(t["b0"], x, t["w0"]))
        second = torch.relu(torch.addmm(t["b1"], first, t["w1"]))
        return F.cross_entropy(torch.addmm(t["b2"], second, t["w2"]), labels)

    return Descent(list(t.values()), loss, p["rate"])


def convolutional(inputs, p):
    # conv 3x3, ReLU, max 2x2, twice; linear; cross-entropy, SGD.
    t = tensors(inputs)
    x, labels = t.pop("x"), t.pop("labels").long()

    def loss():
        first = F.max_pool2d(torch.relu(F.conv2d(x, t["c0"], t["d0"], padding=1)), 2)
        second = F.max_pool2d(torch.relu(F.conv2d(first, t["c1"], t["d1"], padding=1)), 2)
        return F.cross_entropy(torch.addmm(t["b"], second.reshape(32, 4096), t["w"]), labels)

    return Descent(list(t.values()), loss, p["rate"])


def attend(q, k, v, heads, mask=None):
    q, k, v = (x.reshape(-1, heads, x.shape[-1] // heads).transpose(0, 1) if x.dim() == 2 else x for x in (q, k, v))
    scores = q @ k.transpose(1, 2) * q.shape[-1] ** -0.5
    if mask is not None:
        scores = scores.masked_fill(mask, -1e9)
    return (torch.softmax(scores, -1) @ v).transpose(0, 1).reshape(q.shape[1], -1)


def mlp(x, t, at):
    return F.gelu(x @ t["f" + at] + t["g" + at]) @ t["h" + at] + t["i" + at]


def norm(x, scale, shift):
    return F.layer_norm(x, (x.shape[-1],), scale, shift, 1e-5)


def transformer(inputs, p):
    # Norm first, causal attention, exact GELU, squared error; gradients of all weights and the input.
    t = tensors(inputs)
    target = t.pop("target")
    names = sorted(t)
    leaves = [t[name].requires_grad_() for name in names]
    mask = torch.triu(torch.ones(p["tokens"], p["tokens"], dtype=torch.bool), 1)

    def run():
        normed = norm(t["x"], t["n"], t["o"])
        mixed = t["x"] + attend(normed @ t["q"], normed @ t["k"], normed @ t["v"], p["heads"], mask) @ t["p"]
        value = F.mse_loss(mixed + mlp(norm(mixed, t["m"], t["l"]), t, ""), target)
        return [value, *torch.autograd.grad(value, leaves)]

    return Calling(run)


def decode(inputs, p):
    # One token through eight blocks, keys and values of 127 tokens kept.
    t = tensors(inputs)
    heads = p["heads"]

    @torch.no_grad()
    def run():
        x = t["x"]
        for layer in range(p["layers"]):
            at = str(layer)
            normed = norm(x, t["n" + at], t["o" + at])
            q, k, v = ((normed @ t[name + at]).reshape(1, heads, -1).transpose(0, 1) for name in "qkv")
            k, v = torch.cat([t["keys" + at], k], 1), torch.cat([t["values" + at], v], 1)
            x = x + attend(q, k, v, heads) @ t["p" + at]
            x = x + mlp(norm(x, t["m" + at], t["l" + at]), t, at)
        return [x]

    return Calling(run)


def gru(inputs, p):
    # nn.GRU, whose gates are in the order r, z, n and whose weights are transposed.
    t = tensors(inputs)
    net = torch.nn.GRU(p["inputs"], p["width"])
    with torch.no_grad():
        for own, given in zip(net.parameters(), [t["wi"].T, t["wh"].T, t["bi"], t["bh"]]):
            own.copy_(given)

    def run():
        value = net(t["x"])[0].square().mean()
        wi, wh, bi, bh = torch.autograd.grad(value, list(net.parameters()))
        return [value, wi.T, wh.T, bi, bh]

    return Calling(run)


def fired(current, spike):
    """u[t] = 0.9 v[t-1] + I[t]; s = (u >= 1); v = u - s. `[time, ...]` -> spikes `[time, ...]`"""
    v, spikes = torch.zeros_like(current[0]), []
    for now in current:
        u = 0.9 * v + now
        s = spike(u - 1)
        v = u - s
        spikes.append(s)
    return torch.stack(spikes)


def spiking(spike):
    def prepare(inputs, p):
        t = tensors(inputs)
        x, labels = t.pop("x"), t.pop("labels").long()

        def loss():
            return F.cross_entropy((fired(x @ t["w0"], spike) @ t["w1"]).mean(0), labels)

        return Descent(list(t.values()), loss, p["rate"])

    return prepare


def spiking_inference(inputs, _):
    t = tensors(inputs)

    @torch.no_grad()
    def run():
        return [(fired(t["x"] @ t["w0"], Triangle.apply) @ t["w1"]).mean(0)]

    return Calling(run)


def recurrent(inputs, p):
    t = tensors(inputs)
    x, labels = t.pop("x"), t.pop("labels").long()

    def loss():
        current = x @ t["w0"]
        v = s = torch.zeros_like(current[0])
        spikes = []
        for now in current:
            u = 0.9 * v + now + s @ t["r"]
            s = Triangle.apply(u - 1)
            v = u - s
            spikes.append(s)
        return F.cross_entropy((torch.stack(spikes) @ t["w1"]).mean(0), labels)

    return Descent(list(t.values()), loss, p["rate"])


def spiking_convolutional(inputs, p):
    # Time and batch are one axis in the second convolution.
    t = tensors(inputs)
    x, labels = t.pop("x"), t.pop("labels").long()
    steps, batch = p["steps"], x.shape[0]

    def loss():
        drive = F.conv2d(x, t["c0"], padding=1)
        first = fired(drive.expand(steps, *drive.shape), Triangle.apply).flatten(0, 1)
        current = F.conv2d(F.max_pool2d(first, 2), t["c1"], padding=1)
        second = fired(current.reshape(steps, batch, *current.shape[1:]), Triangle.apply).flatten(0, 1)
        votes = F.max_pool2d(second, 2).reshape(steps, batch, 4096) @ t["w"]
        return F.cross_entropy(votes.mean(0), labels)

    return Descent(list(t.values()), loss, p["rate"])


if __name__ == "__main__":
    protocol.serve(
        {
            "matmul": matmul,
            "perceptron": perceptron,
            "convolutional": convolutional,
            "transformer": transformer,
            "decode": decode,
            "gru": gru,
            "spiking": spiking(Triangle.apply),
            "spiking-arctan": spiking(Arctan.apply),
            "spiking-inference": spiking_inference,
            "recurrent": recurrent,
            "spiking-convolutional": spiking_convolutional,
        },
        {},
        versions(),
        to_numpy=to_numpy,
    )
