import type { PaperCard } from "./card.ts"

export const language: readonly PaperCard[] = [
  {
    slug: "spinnaker2-egru",
    title: "Language Modeling on a SpiNNaker 2 Neuromorphic Chip",
    authors: 7,
    listed: "2023-12-14",
    year: 2023,
    arxiv: "2312.09084",
    link: "https://arxiv.org/abs/2312.09084",
    family: "language",
    kind: "model",
    summary:
      "A recurrent language model whose cells speak only when their state crosses a threshold, with most of its weights pruned, mapped to the many small cores of a neuromorphic chip. The two sparsities multiply, so the work for one token falls by one to two orders of magnitude.",
    tags: ["recurrent", "event-driven", "hardware"],
  },
  {
    slug: "spikingbrain",
    title: "SpikingBrain Technical Report: Spiking Brain-inspired Large Models",
    year: 2025,
    arxiv: "2509.05276",
    link: "https://arxiv.org/abs/2509.05276",
    family: "language",
    kind: "model",
    summary:
      "Turns a trained transformer into a brain-inspired one: linear and sliding-window attention, optional experts, and activations written as spike counts above an adaptive threshold. A small share of the original training recovers most of the quality, and long inputs become cheap.",
    tags: ["language model", "linear attention", "adaptive threshold"],
  },
  {
    slug: "spikegpt",
    title: "SpikeGPT: Generative Pre-trained Language Model with Spiking Neural Networks",
    authors: 4,
    listed: "2023-02-27",
    year: 2023,
    arxiv: "2302.13939",
    link: "https://arxiv.org/abs/2302.13939",
    family: "language",
    kind: "model",
    summary:
      "A generative language model whose blocks write to the residual stream only in spikes. The token axis serves as the time axis of the neurons, so one token is one step and memory stays constant.",
    tags: ["language model", "RWKV", "spikes"],
  },
  {
    slug: "dragon-hatchling",
    title: "The Dragon Hatchling: The Missing Link between the Transformer and Models of the Brain",
    authors: "Pathway",
    listed: "2025-09-30",
    year: 2025,
    arxiv: "2509.26507",
    link: "https://arxiv.org/abs/2509.26507",
    family: "language",
    kind: "model",
    summary:
      "A language model written as a network of neurons whose working memory is synapses that strengthen while it reads. It trains in parallel like a transformer, runs with constant memory, and its sparse neurons and synapses can be read.",
    tags: ["language model", "Hebbian", "fast weights"],
  },
  {
    slug: "astrosnn",
    title: "Astrocyte-Enabled Advancements in Spiking Neural Networks for Large Language Modeling",
    authors: 7,
    listed: "2023-12-12",
    year: 2023,
    arxiv: "2312.07625",
    link: "https://arxiv.org/abs/2312.07625",
    family: "language",
    kind: "model",
    summary:
      "Spiking units whose input is scaled and biased by a slow astrocyte state that integrates their activity. Layers of them are trained to generate text and remember over tens to hundreds of steps with constant memory.",
    tags: ["astrocyte", "language model", "time scales"],
  },
]
