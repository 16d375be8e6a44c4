import { formatNumber } from "../../src/view/numbers.ts"

type Curve = readonly (readonly [step: number, value: number])[]

/** Small curves of the metrics that have steps, as they grow. */
export function Curves({ curves }: { curves: ReadonlyMap<string, Curve> }) {
  if (curves.size === 0) return null
  return (
    <section>
      <h3>Metrics in time</h3>
      <ul className="curves">
        {[...curves].map(([name, curve]) => (
          <li key={name}>
            <span className="small">{name}</span>
            <Line curve={curve} />
            <span className="number">{formatNumber(curve[curve.length - 1][1])}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}

const [width, height] = [160, 36]
/** More points than this are not seen. */
const mostPoints = 400

function Line({ curve }: { curve: Curve }) {
  const stride = Math.ceil(curve.length / mostPoints)
  const points = curve.filter((_, i) => i % stride === 0 || i === curve.length - 1)
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)]
  const [left, right, low, high] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)]
  const at = (x: number, from: number, to: number, size: number): number =>
    to === from ? size / 2 : ((x - from) / (to - from)) * size
  const path = points.map(
    ([x, y]) => `${at(x, left, right, width).toFixed(1)},${(height - at(y, low, high, height - 4) - 2).toFixed(1)}`,
  )
  return (
    <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      <polyline points={path.join(" ")} fill="none" stroke="currentColor" strokeWidth="1.25" />
    </svg>
  )
}
