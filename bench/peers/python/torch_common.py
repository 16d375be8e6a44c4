"""What the peers on PyTorch share: parameters from the inputs, steps of plain gradient descent, the neuron's surrogate."""

import torch

import protocol
from protocol import Work

torch.set_num_threads(protocol.threads())


def tensors(inputs):
    return {name: torch.from_numpy(array) for name, array in inputs.items()}


def versions(**others):
    return {"torch": torch.__version__, **others}


def to_numpy(x):
    return x.detach().numpy()


class Descent(Work):
    """w -= rate * gradient with torch.optim.SGD, over parameters that a function `loss()` depends on."""

    def __init__(self, parameters, loss, rate):
        self.parameters = [p.requires_grad_() for p in parameters]
        self.initial = [p.detach().clone() for p in parameters]
        self.loss = loss
        self.optimizer = torch.optim.SGD(self.parameters, lr=rate)

    def start(self):
        with torch.no_grad():
            for parameter, initial in zip(self.parameters, self.initial):
                parameter.copy_(initial)

    def run(self):
        self.optimizer.zero_grad(set_to_none=True)
        value = self.loss()
        value.backward()
        self.optimizer.step()
        return [value.detach()]


class Triangle(torch.autograd.Function):
    """Heaviside forwards, max(0, 1 - |x|) backwards."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return (x >= 0).to(x.dtype)

    @staticmethod
    def backward(ctx, gradient):
        (x,) = ctx.saved_tensors
        return gradient * torch.clamp(1 - x.abs(), min=0)


class Arctan(torch.autograd.Function):
    """Heaviside forwards, 1 / (1 + (pi x)^2) backwards: the arctangent of slope 2."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return (x >= 0).to(x.dtype)

    @staticmethod
    def backward(ctx, gradient):
        (x,) = ctx.saved_tensors
        return gradient / (1 + (torch.pi * x).square())
