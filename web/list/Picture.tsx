/** Pictures of last runs, by slug: those that are kept with the recorded results. */
const pictures = import.meta.glob<string>("../../results/pictures/*.svg", {
  query: "?url",
  import: "default",
  eager: true,
})

/** The small picture that a system's own last run made. */
export function Picture({ slug }: { slug: string }) {
  const address = pictures[`../../results/pictures/${slug}.svg`]
  return (
    <span className="picture" aria-hidden="true">
      {address !== undefined && <img src={address} alt="" width="96" height="64" loading="lazy" />}
    </span>
  )
}
