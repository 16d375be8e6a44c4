import type { PaperCard } from "./card.ts"

export const selfOrganisationAndDesign: readonly PaperCard[] = [
  {
    slug: "analog-genie",
    title: "AnalogGenie: A Generative Engine for Automatic Discovery of Analog Circuit Topologies",
    authors: 4,
    listed: "2025-02-28",
    year: 2025,
    arxiv: "2503.00205",
    link: "https://arxiv.org/abs/2503.00205",
    family: "self-organisation and design",
    kind: "model",
    summary:
      "Writes new analog circuit topologies as closed walks over device pins, one pin after another, with a small transformer. Each sampled walk is a netlist that rules can check.",
    tags: ["circuit design", "generative graph"],
  },
  {
    slug: "self-sorting",
    title:
      "Classical Sorting Algorithms as a Model of Morphogenesis: self-sorting arrays reveal unexpected competencies in a minimal model of basal intelligence",
    authors: 3,
    listed: "2023-12-15",
    year: 2023,
    arxiv: "2401.05375",
    link: "https://arxiv.org/abs/2401.05375",
    family: "self-organisation and design",
    kind: "simulator",
    summary:
      "Every number of an array is a cell that sorts by its own policy and sees only its neighbours. The array tolerates damaged cells, gives up order for a while to get round them, and cells of one policy cluster although none can see another's.",
    tags: ["morphogenesis", "emergence", "agents"],
  },
]
