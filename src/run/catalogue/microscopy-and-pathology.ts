import type { PaperCard } from "./card.ts"

export const microscopyAndPathology: readonly PaperCard[] = [
  {
    slug: "fast-pathology",
    title:
      "FastPathology: An open-source platform for deep learning-based research and decision support in digital pathology",
    authors: 6,
    listed: "2020-11-11",
    year: 2020,
    arxiv: "2011.06033",
    link: "https://arxiv.org/abs/2011.06033",
    family: "microscopy and pathology",
    kind: "tool",
    summary:
      "Opens microscope slides too large for memory as image pyramids and runs networks over them while the result is still being computed. It is measured by how little memory and time a low-end machine needs.",
    tags: ["microscopy", "inference", "whole slides"],
  },
  {
    slug: "fisbe",
    title: "FISBe: A real-world benchmark dataset for instance segmentation of long-range thin filamentous structures",
    authors: 9,
    listed: "2024-03-29",
    year: 2024,
    arxiv: "2404.00130",
    link: "https://arxiv.org/abs/2404.00130",
    family: "microscopy and pathology",
    kind: "benchmark",
    summary:
      "Three-dimensional images of fly brains with single neurons outlined by experts, and a score fit for structures three voxels thick. It compares centrelines and counts neurons glued together or torn apart.",
    tags: ["instance segmentation", "connectomics", "scoring"],
  },
]
