const begun = performance.now()
const { defaultDevice, init, numpy: np } = await import("../javascript/node_modules/@jax-js/jax/dist/index.js")
await init("wasm")
defaultDevice("wasm")
const [a, b] = [0, 1].map(() => np.array(new Float32Array(4096).fill(0.5)).reshape([64, 64]))
const value = (await np.matmul(a, b).data())[0]
console.log(JSON.stringify({ ms: performance.now() - begun, value }))
process.exit()
