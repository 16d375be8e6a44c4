"""JAX on the CPU, every case one compiled function; loops over time are lax.scan."""

import jax
import jax.numpy as jnp

import protocol
from jax_common import (
    Compiled,
    Descent,
    arctan,
    arrays,
    channels_last,
    conv,
    cross_entropy,
    max_pool,
    triangle,
    versions,
)


def matmul(inputs, _):
    # C = A B
    t = arrays(inputs)
    return Compiled(lambda a, b: [a @ b], t["a"], t["b"])


def perceptron(inputs, p):
    t = arrays(inputs)
    x, labels = t.pop("x"), t.pop("labels")

    def loss(t, x, labels):
        first = jax.nn.relu(x @ t["w0"] + t["b0"])
        second = jax.nn.relu(first @ t["w1"] + t["b1"])
        return cross_entropy(second @ t["w2"] + t["b2"], labels)

    return Descent(loss, t, p["rate"], x, labels)


def convolutional(inputs, p):
    # Channels last, which XLA's convolutions are fastest with on a CPU.
    t = channels_last(arrays(inputs))
    x, labels = t.pop("x"), t.pop("labels")

    def loss(t, x, labels):
        first = max_pool(jax.nn.relu(conv(x, t["c0"]) + t["d0"]))
        second = max_pool(jax.nn.relu(conv(first, t["c1"]) + t["d1"]))
        return cross_entropy(second.reshape(32, 4096) @ t["w"] + t["b"], labels)

    return Descent(loss, t, p["rate"], x, labels)


def norm(x, scale, shift):
    centred = x - x.mean(-1, keepdims=True)
    return centred * jax.lax.rsqrt(jnp.square(centred).mean(-1, keepdims=True) + 1e-5) * scale + shift


def mlp(x, t, at):
    hidden = jax.nn.gelu(x @ t["f" + at] + t["g" + at], approximate=False)
    return hidden @ t["h" + at] + t["i" + at]


def to_heads(x, heads):
    return x.reshape(x.shape[0], heads, -1).transpose(1, 0, 2)


def attend(q, k, v, mask=None):
    scores = q @ k.transpose(0, 2, 1) * q.shape[-1] ** -0.5
    if mask is not None:
        scores = jnp.where(mask, scores, -1e9)
    return (jax.nn.softmax(scores) @ v).transpose(1, 0, 2).reshape(q.shape[1], -1)


def transformer(inputs, p):
    t = arrays(inputs)
    target = t.pop("target")
    names, heads = sorted(t), p["heads"]
    mask = jnp.tril(jnp.ones((p["tokens"], p["tokens"]), bool))

    def error(t, target, mask):
        normed = norm(t["x"], t["n"], t["o"])
        q, k, v = (to_heads(normed @ t[name], heads) for name in "qkv")
        mixed = t["x"] + attend(q, k, v, mask) @ t["p"]
        return jnp.mean(jnp.square(mixed + mlp(norm(mixed, t["m"], t["l"]), t, "") - target))

    def both(t, target, mask):
        value, gradient = jax.value_and_grad(error)(t, target, mask)
        return [value, *(gradient[name] for name in names)]

    return Compiled(both, t, target, mask)


def decode(inputs, p):
    heads, layers = p["heads"], p["layers"]

    def forwards(t):
        x = t["x"]
        for layer in range(layers):
            at = str(layer)
            normed = norm(x, t["n" + at], t["o" + at])
            q, k, v = (to_heads(normed @ t[name + at], heads) for name in "qkv")
            k = jnp.concatenate([t["keys" + at], k], 1)
            v = jnp.concatenate([t["values" + at], v], 1)
            x = x + attend(q, k, v) @ t["p" + at]
            x = x + mlp(norm(x, t["m" + at], t["l" + at]), t, at)
        return [x]

    return Compiled(forwards, arrays(inputs))


def gru(inputs, p):
    t = arrays(inputs)
    x = t.pop("x")

    def loss(t, x):
        def step(h, now):
            own = h @ t["wh"] + t["bh"]
            (nr, nz, nn), (r, z, n) = jnp.split(now, 3, -1), jnp.split(own, 3, -1)
            r, z = jax.nn.sigmoid(nr + r), jax.nn.sigmoid(nz + z)
            n = jnp.tanh(nn + r * n)
            h = n + z * (h - n)
            return h, jnp.mean(jnp.square(h))

        return jax.lax.scan(step, jnp.zeros((p["batch"], p["width"])), x @ t["wi"] + t["bi"])[1].mean()

    def both(t, x):
        value, gradient = jax.value_and_grad(loss)(t, x)
        return [value, *(gradient[name] for name in ("wi", "wh", "bi", "bh"))]

    return Compiled(both, t, x)


def fired(current, spike):
    """u[t] = 0.9 v[t-1] + I[t]; s = (u >= 1); v = u - s. `[time, ...]` -> spikes `[time, ...]`"""

    def step(v, now):
        u = 0.9 * v + now
        s = spike(u - 1)
        return u - s, s

    return jax.lax.scan(step, jnp.zeros_like(current[0]), current)[1]


def spiking(spike):
    def prepare(inputs, p):
        t = arrays(inputs)
        x, labels = t.pop("x"), t.pop("labels")

        def loss(t, x, labels):
            return cross_entropy((fired(x @ t["w0"], spike) @ t["w1"]).mean(0), labels)

        return Descent(loss, t, p["rate"], x, labels)

    return prepare


def inference(inputs, _):
    return Compiled(lambda t: [(fired(t["x"] @ t["w0"], triangle) @ t["w1"]).mean(0)], arrays(inputs))


def recurrent(inputs, p):
    t = arrays(inputs)
    x, labels = t.pop("x"), t.pop("labels")

    def loss(t, x, labels):
        def step(carry, now):
            v, s = carry
            u = 0.9 * v + now + s @ t["r"]
            s = triangle(u - 1)
            return (u - s, s), s

        current = x @ t["w0"]
        rest = jnp.zeros_like(current[0])
        spikes = jax.lax.scan(step, (rest, rest), current)[1]
        return cross_entropy((spikes @ t["w1"]).mean(0), labels)

    return Descent(loss, t, p["rate"], x, labels)


def spiking_convolutional(inputs, p):
    t = channels_last(arrays(inputs))
    x, labels = t.pop("x"), t.pop("labels")
    steps, batch = p["steps"], x.shape[0]

    def loss(t, x, labels):
        drive = conv(x, t["c0"])
        first = fired(jnp.broadcast_to(drive, (steps, *drive.shape)), triangle)
        current = conv(max_pool(first.reshape(-1, *first.shape[2:])), t["c1"])
        second = fired(current.reshape(steps, batch, *current.shape[1:]), triangle)
        flat = max_pool(second.reshape(-1, *second.shape[2:])).reshape(steps, batch, 4096)
        return cross_entropy((flat @ t["w"]).mean(0), labels)

    return Descent(loss, t, p["rate"], x, labels)


if __name__ == "__main__":
    protocol.serve(
        {
            "matmul": matmul,
            "perceptron": perceptron,
            "convolutional": convolutional,
            "transformer": transformer,
            "decode": decode,
            "gru": gru,
            "spiking": spiking(triangle),
            "spiking-arctan": spiking(arctan),
            "spiking-inference": inference,
            "recurrent": recurrent,
            "spiking-convolutional": spiking_convolutional,
        },
        {},
        versions(),
        compiles=True,
    )
