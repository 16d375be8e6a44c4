import type { PaperCard } from "./card.ts"

export const architectureSearch: readonly PaperCard[] = [
  {
    slug: "nas-bench-201",
    title: "NAS-Bench-201: Extending the Scope of Reproducible Neural Architecture Search",
    authors: 2,
    listed: "2020-01-02",
    year: 2020,
    arxiv: "2001.00326",
    link: "https://arxiv.org/abs/2001.00326",
    family: "architecture search",
    kind: "benchmark",
    summary:
      "A closed space of 15,625 small convolutional cells, each trained and logged, so that search algorithms can be compared in seconds. It shows how much ten algorithms gain over random search.",
    tags: ["architecture search", "benchmark"],
  },
  {
    slug: "turbovit",
    title: "TurboViT: Generating Fast Vision Transformers via Generative Architecture Search",
    authors: 3,
    listed: "2023-08-22",
    year: 2023,
    arxiv: "2308.11421",
    link: "https://arxiv.org/abs/2308.11421",
    family: "architecture search",
    kind: "method",
    summary:
      "Optimises a generator of architectures under explicit constraints until it writes a fast vision transformer. Attention inside small units and pooling of the queries are imposed as patterns.",
    tags: ["architecture search", "vision transformer"],
  },
  {
    slug: "eeea-net",
    title: "EEEA-Net: An Early Exit Evolutionary Neural Architecture Search",
    authors: 5,
    listed: "2021-08-13",
    year: 2021,
    arxiv: "2108.06156",
    link: "https://arxiv.org/abs/2108.06156",
    family: "architecture search",
    kind: "method",
    summary:
      "An evolutionary search for small image classifiers that throws away oversized genomes before any training. It draws a Pareto front of error against size at a fraction of the usual cost.",
    tags: ["architecture search", "evolution"],
  },
]
