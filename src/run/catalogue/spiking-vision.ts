import type { PaperCard } from "./card.ts"

export const spikingVision: readonly PaperCard[] = [
  {
    slug: "meta-spikeformer",
    title:
      "Spike-driven Transformer V2: Meta Spiking Neural Network Architecture Inspiring the Design of Next-generation Neuromorphic Chips",
    authors: 8,
    listed: "2024-02-15",
    year: 2024,
    arxiv: "2404.03663",
    link: "https://arxiv.org/abs/2404.03663",
    family: "spiking vision",
    kind: "model",
    summary:
      "A vision backbone in which every layer after the first receives only zeros and ones, so that its arithmetic is sparse addition. Early stages mix by convolution, late ones by a softmax-free attention over spikes whose cost is linear in the number of tokens.",
    tags: ["transformer", "vision", "spikes"],
  },
  {
    slug: "spiking-diffusion",
    title: "Spiking Diffusion Models",
    authors: 7,
    listed: "2024-08-29",
    year: 2024,
    arxiv: "2408.16467",
    link: "https://arxiv.org/abs/2408.16467",
    family: "spiking vision",
    kind: "model",
    summary:
      "A diffusion model whose noise predictor is a spiking U-Net that weighs spikes by the step in which they come. Shifting the firing threshold after training improves the pictures without training anything.",
    tags: ["diffusion", "generation", "U-Net"],
  },
  {
    slug: "max-former",
    title: "Spiking Neural Networks Need High Frequency Information",
    authors: 8,
    listed: "2025-05-24",
    year: 2025,
    arxiv: "2505.18608",
    link: "https://arxiv.org/abs/2505.18608",
    family: "spiking vision",
    kind: "model",
    summary:
      "Blames the gap between spiking and ordinary networks on the loss of high frequencies, because a spiking neuron is a low-pass filter. Extra max pooling and depthwise convolution bring them back.",
    tags: ["transformer", "frequency", "spikes"],
  },
]
