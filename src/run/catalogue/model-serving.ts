import type { PaperCard } from "./card.ts"

export const modelServing: readonly PaperCard[] = [
  {
    slug: "powerinfer-2",
    title: "PowerInfer-2: Fast Large Language Model Inference on a Smartphone",
    authors: 6,
    listed: "2024-06-10",
    year: 2024,
    arxiv: "2406.06282",
    link: "https://arxiv.org/abs/2406.06282",
    family: "model serving",
    kind: "tool",
    summary:
      "Runs language models larger than a phone's memory by computing, caching and reading from flash in clusters of feed-forward neurons. Clusters that fire often stay in memory, rare ones are predicted and fetched while others compute.",
    tags: ["sparsity", "inference", "caching"],
  },
  {
    slug: "configurable-foundation-models",
    title: "Configurable Foundation Models: Building LLMs from a Modular Perspective",
    authors: "OpenBMB",
    listed: "2024-09-04",
    year: 2024,
    arxiv: "2409.02877",
    link: "https://arxiv.org/abs/2409.02877",
    family: "model serving",
    kind: "survey",
    summary:
      "Looks at a language model as a box of bricks, some that emerge in training and some that are added later, with operations to route, merge, update and grow them. It checks on real models how sparse, specialised and grouped neurons are.",
    tags: ["modularity", "language model", "survey"],
  },
  {
    slug: "xr-npe",
    title:
      "XR-NPE: High-Throughput Mixed-precision SIMD Neural Processing Engine for Extended Reality Perception Workloads",
    authors: 5,
    listed: "2025-08-18",
    year: 2025,
    arxiv: "2508.13049",
    link: "https://arxiv.org/abs/2508.13049",
    family: "model serving",
    kind: "simulator",
    summary:
      "A multiply-accumulate engine whose lane works as four 4-bit, two 8-bit or one 16-bit unit over small floating-point and posit formats. Each layer gets the format it can bear, and the network is trained with that quantisation in the loop.",
    tags: ["quantisation", "posit", "hardware"],
  },
  {
    slug: "redco",
    title: "Redco: A Lightweight Tool to Automate Distributed Training of LLMs on Any GPU/TPUs",
    authors: 8,
    listed: "2023-10-25",
    year: 2023,
    arxiv: "2310.16355",
    link: "https://arxiv.org/abs/2310.16355",
    family: "model serving",
    kind: "tool",
    summary:
      "Derives a tensor-parallel plan from the names and shapes of a model's parameters by two rules, and reduces a training pipeline to three functions. Everything else about running on many devices is shared by all pipelines.",
    tags: ["distributed training", "sharding"],
  },
  {
    slug: "x-lora",
    title:
      "X-LoRA: Mixture of Low-Rank Adapter Experts, a Flexible Framework for Large Language Models with Applications in Protein Mechanics and Design",
    authors: 2,
    listed: "2024-02-11",
    year: 2024,
    arxiv: "2402.07148",
    link: "https://arxiv.org/abs/2402.07148",
    family: "model serving",
    kind: "method",
    summary:
      "Learns a small head that says for every token and layer how strongly each of several frozen adapters should act. The model reads the text twice, once to decide the mixture and once to answer.",
    tags: ["adapters", "mixture of experts", "language model"],
  },
  {
    slug: "mhr",
    title: "Multi-Head Adapter Routing for Cross-Task Generalization",
    authors: 6,
    listed: "2022-11-07",
    year: 2022,
    arxiv: "2211.03831",
    link: "https://arxiv.org/abs/2211.03831",
    family: "model serving",
    kind: "method",
    summary:
      "Adapts a frozen network to many tasks with a shared set of adapters whose blocks are mixed by a learned routing table. Tuning only the table, or throwing it away after multi-task training, shows what routing is good for.",
    tags: ["adapters", "routing", "few-shot"],
  },
  {
    slug: "samba-coe",
    title: "SambaNova SN40L: Scaling the AI Memory Wall with Dataflow and Composition of Experts",
    authors: 30,
    listed: "2024-05-13",
    year: 2024,
    arxiv: "2405.07518",
    link: "https://arxiv.org/abs/2405.07518",
    family: "model serving",
    kind: "simulator",
    summary:
      "Keeps many small language models and routes each prompt to the right one, which moves the difficulty to memory. Streaming dataflow and three tiers of memory make swapping a model about as quick as writing a few tokens.",
    tags: ["experts", "memory hierarchy", "simulation"],
  },
]
