"""What the peers on JAX share: compiled steps of plain gradient descent, the neuron's surrogate, the layout that XLA likes on a CPU."""

import os

import protocol
from protocol import Work

# XLA takes as many threads as it may use processors.
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: protocol.threads()])

import jax
import jax.numpy as jnp


def versions(**others):
    return {"jax": jax.__version__, **others}


def arrays(inputs):
    return {name: jnp.asarray(array) for name, array in inputs.items()}


class Compiled(Work):
    """A compiled function of fixed arguments."""

    def __init__(self, function, *arguments):
        self.function = jax.jit(function)
        self.arguments = arguments

    def run(self):
        return jax.block_until_ready(self.function(*self.arguments))


class Descent(Work):
    """w -= rate * gradient, compiled as one function that may overwrite the weights."""

    def __init__(self, loss, parameters, rate, *arguments):
        def step(parameters, *arguments):
            value, gradient = jax.value_and_grad(loss)(parameters, *arguments)
            return jax.tree.map(lambda w, g: w - rate * g, parameters, gradient), value

        self.step = jax.jit(step, donate_argnums=0)
        self.initial = jax.tree.map(lambda x: x.copy(), parameters)
        self.parameters = jax.tree.map(lambda x: x.copy(), parameters)
        self.arguments = arguments

    def start(self):
        self.parameters = jax.tree.map(lambda x: x.copy(), self.initial)

    def run(self):
        self.parameters, value = jax.block_until_ready(self.step(self.parameters, *self.arguments))
        return [value]


def surrogate(derivative):
    """Heaviside forwards, `derivative` backwards."""

    @jax.custom_vjp
    def spike(x):
        return (x >= 0).astype(x.dtype)

    spike.defvjp(lambda x: (spike(x), x), lambda x, g: (g * derivative(x),))
    return spike


triangle = surrogate(lambda x: jnp.maximum(0, 1 - jnp.abs(x)))
arctan = surrogate(lambda x: 1 / (1 + jnp.square(jnp.pi * x)))


def cross_entropy(logits, labels):
    return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], 1))


def channels_last(t):
    """Images and kernels with channels last, and the rows of the last layer in the order that flattens to."""
    t["x"] = t["x"].transpose(0, 2, 3, 1)
    t["c0"], t["c1"] = (t[name].transpose(2, 3, 1, 0) for name in ("c0", "c1"))
    t["w"] = t["w"].reshape(64, 8, 8, 10).transpose(1, 2, 0, 3).reshape(4096, 10)
    return t


def conv(x, kernel):
    return jax.lax.conv_general_dilated(x, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))


def max_pool(x):
    return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
