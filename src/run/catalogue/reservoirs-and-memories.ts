import type { PaperCard } from "./card.ts"

export const reservoirsAndMemories: readonly PaperCard[] = [
  {
    slug: "hippocampus-cam",
    title:
      "Bio-inspired computational memory model of the Hippocampus: an approach to a neuromorphic spike-based Content-Addressable Memory",
    authors: 5,
    listed: "2023-10-09",
    year: 2023,
    arxiv: "2310.05868",
    link: "https://arxiv.org/abs/2310.05868",
    family: "reservoirs and memories",
    kind: "model",
    summary:
      "A content-addressable memory made of nine small spiking populations modelled on hippocampal region CA3. Three spikes store a pair of cue and content, either side recalls the other, and relearning a cue forgets the old content by itself.",
    tags: ["associative memory", "STDP", "hippocampus"],
  },
  {
    slug: "resistive-lsm",
    title: "Resistive memory-based zero-shot liquid state machine for multimodal event data learning",
    authors: 19,
    listed: "2023-07-03",
    year: 2023,
    arxiv: "2307.00771",
    link: "https://arxiv.org/abs/2307.00771",
    family: "reservoirs and memories",
    kind: "model",
    summary:
      "A spiking encoder whose weights are the random conductances of a resistive memory chip and are never trained. Small contrastive projections match its answers across modalities, also for classes never seen together in training.",
    tags: ["liquid state machine", "memristor", "contrastive learning"],
  },
  {
    slug: "nalsm",
    title:
      "Increasing Liquid State Machine Performance with Edge-of-Chaos Dynamics Organized by Astrocyte-modulated Plasticity",
    authors: 2,
    listed: "2021-10-26",
    year: 2021,
    arxiv: "2111.01760",
    link: "https://arxiv.org/abs/2111.01760",
    family: "reservoirs and memories",
    kind: "model",
    summary:
      "A single astrocyte watches a random spiking network and sets the depression rate of its plasticity, which holds the network near the edge of chaos. The network tunes itself without labels and beats both the static one and plain plasticity.",
    tags: ["liquid state machine", "astrocyte", "STDP"],
  },
  {
    slug: "sfq-network",
    title: "Deep Neuromorphic Networks with Superconducting Single Flux Quanta",
    authors: 4,
    listed: "2023-09-21",
    year: 2023,
    family: "reservoirs and memories",
    kind: "simulator",
    summary:
      "Neurons and synapses built only from ordinary single-flux-quantum parts, with weights and thresholds set by a bias current. Assembled into a deep network they compute in picosecond pulses of attojoules.",
    tags: ["superconducting", "circuit simulation"],
  },
  {
    slug: "active-dendrites-sdr",
    title:
      "How do neurons operate on sparse distributed representations? A mathematical theory of sparsity, neurons and active dendrites",
    authors: 2,
    listed: "2016-01-04",
    year: 2016,
    arxiv: "1601.00720",
    link: "https://arxiv.org/abs/1601.00720",
    family: "reservoirs and memories",
    kind: "model",
    summary:
      "Counts how often a dendritic segment with a few synapses and a threshold mistakes one sparse pattern for another. The theory says how many patterns a neuron can hold and which thresholds are best, and every curve can be simulated.",
    tags: ["dendrites", "sparse codes", "theory"],
  },
  {
    slug: "adaptive-reservoir",
    title: "Boosting Reservoir Computing with Brain-inspired Adaptive Dynamics",
    authors: 3,
    listed: "2025-04-16",
    year: 2025,
    arxiv: "2504.12480",
    link: "https://arxiv.org/abs/2504.12480",
    family: "reservoirs and memories",
    kind: "method",
    summary:
      "A reservoir of excitatory and inhibitory neurons in which each neuron adjusts its own inhibition until it fires at a target rate. This local rule beats every global setting, and varied targets make one reservoir good at different tasks.",
    tags: ["reservoir", "homeostasis", "inhibition"],
  },
  {
    slug: "ensemble-place-recognition",
    title: "Ensembles of Compact, Region-specific & Regularized Spiking Neural Networks for Scalable Place Recognition",
    authors: 3,
    listed: "2022-09-18",
    year: 2022,
    arxiv: "2209.08723",
    link: "https://arxiv.org/abs/2209.08723",
    family: "reservoirs and memories",
    kind: "model",
    summary:
      "Many compact spiking networks each learn one stretch of a route without gradients, and the most active place wins. Counting and removing the neurons that answer to too many places makes the ensemble work at scale.",
    tags: ["STDP", "robotics", "ensemble"],
  },
]
