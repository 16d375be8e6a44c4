import type { PaperCard } from "./card.ts"

export const seeingInside: readonly PaperCard[] = [
  {
    slug: "milan",
    title: "Natural Language Descriptions of Deep Visual Features",
    authors: 6,
    listed: "2022-01-26",
    year: 2022,
    arxiv: "2201.11114",
    link: "https://arxiv.org/abs/2201.11114",
    family: "seeing inside",
    kind: "method",
    summary:
      "Describes in a short sentence what a neuron of a vision network responds to, from the image regions that drive it hardest. The sentence is chosen by pointwise mutual information, so that specific descriptions win over vague ones.",
    tags: ["interpretability", "captioning", "vision"],
  },
  {
    slug: "multifaceted-feature-visualization",
    title:
      "Multifaceted Feature Visualization: Uncovering the Different Types of Features Learned By Each Neuron in Deep Neural Networks",
    authors: 3,
    listed: "2016-02-11",
    year: 2016,
    arxiv: "1602.03616",
    link: "https://arxiv.org/abs/1602.03616",
    family: "seeing inside",
    kind: "method",
    summary:
      "Finds the different kinds of image that excite one neuron and draws a separate preferred image for each. Starting from the average of a cluster keeps the facets apart instead of blending them.",
    tags: ["interpretability", "activation maximisation"],
  },
  {
    slug: "transcoders",
    title: "Transcoders Find Interpretable LLM Feature Circuits",
    authors: 3,
    listed: "2024-06-17",
    year: 2024,
    arxiv: "2406.11944",
    link: "https://arxiv.org/abs/2406.11944",
    family: "seeing inside",
    kind: "method",
    summary:
      "Replaces the MLP of a transformer by a wider, sparse one trained to do the same. Paths between its features become products of an activity and a fixed weight, so circuits can be read from weights and checked.",
    tags: ["interpretability", "sparse features", "circuits"],
  },
  {
    slug: "neural-circuit-diagrams",
    title:
      "Neural Circuit Diagrams: Robust Diagrams for the Communication, Implementation, and Analysis of Deep Learning Architectures",
    authors: 1,
    listed: "2024-02-08",
    year: 2024,
    arxiv: "2402.05424",
    link: "https://arxiv.org/abs/2402.05424",
    family: "seeing inside",
    kind: "tool",
    summary:
      "A drawing language for tensor programs in which every wire is an axis and broadcasting can be seen. A diagram is exact enough to be run, costed and rearranged.",
    tags: ["diagrams", "analysis"],
  },
]
