import { CajalError } from "../engine/errors.ts"
import { architectureSearch } from "./catalogue/architecture-search.ts"
import { brainsAndBodies } from "./catalogue/brains-and-bodies.ts"
import type { PaperCard } from "./catalogue/card.ts"
import { fieldsAndOperators } from "./catalogue/fields-and-operators.ts"
import { language } from "./catalogue/language.ts"
import { microscopyAndPathology } from "./catalogue/microscopy-and-pathology.ts"
import { modelServing } from "./catalogue/model-serving.ts"
import { modularAndEfficientNetworks } from "./catalogue/modular-and-efficient-networks.ts"
import { reservoirsAndMemories } from "./catalogue/reservoirs-and-memories.ts"
import { seeingInside } from "./catalogue/seeing-inside.ts"
import { selfOrganisationAndDesign } from "./catalogue/self-organisation-and-design.ts"
import { spikingTraining } from "./catalogue/spiking-training.ts"
import { spikingVision } from "./catalogue/spiking-vision.ts"
import { nearest } from "./nearest.ts"

export { type Family, families, type PaperCard, type PaperKind, type PaperState } from "./catalogue/card.ts"

/** The order in which the papers are listed. */
const listing = `
  powerinfer-2 spinnaker2-egru hippocampus-cam meta-spikeformer heterogeneous-delays spikingbrain hlop
  circuit-priors-swimmer meta-neuron-lzc milan resistive-lsm l2mu nalsm kernel-heterogeneity
  configurable-foundation-models spikegpt ann-snn-bridge two-point-mcc m2mkd elm-neuron pvd-al brainpy
  neuroformer xr-npe sfq-network active-dendrites-sdr dragon-hatchling redco adaptive-reservoir
  spiking-diffusion nn-to-no cortex-compile sensing-to-action astrosnn multifaceted-feature-visualization
  mvpformer raft-mlp mgno x-lora pc-compression activator sortednet mhr ensemble-place-recognition transcoders
  neumeta pvd analog-genie fast-pathology ninformer neural-stagger beyond-backprop fisbe
  neural-circuit-diagrams sltt hourglass-mlp nas-bench-201 turbovit eeea-net g2gnet self-sorting samba-coe
  max-former digital-twin-brain
`

const cards: readonly PaperCard[] = [
  ...architectureSearch,
  ...brainsAndBodies,
  ...fieldsAndOperators,
  ...language,
  ...microscopyAndPathology,
  ...modelServing,
  ...modularAndEfficientNetworks,
  ...reservoirsAndMemories,
  ...seeingInside,
  ...selfOrganisationAndDesign,
  ...spikingTraining,
  ...spikingVision,
]

/** All papers, in the order of the listing. */
export const catalogue: readonly PaperCard[] = listing
  .trim()
  .split(/\s+/)
  .map((slug) => cardOf(slug))

/**
 * The card of a paper.
 * @throws CajalError when the catalogue has no such paper, with the nearest name
 */
export function cardOf(slug: string): PaperCard {
  const card = cards.find((one) => one.slug === slug)
  if (card !== undefined) return card
  const near = nearest(
    slug,
    cards.map((one) => one.slug),
  )
  throw new CajalError(`there is no system "${slug}"`, {
    hint: near === undefined ? "cajal list shows all of them" : `did you mean "${near}"? cajal list shows all of them`,
  })
}
