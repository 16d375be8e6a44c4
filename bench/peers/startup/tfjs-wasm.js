const begun = performance.now()
const folder = new URL("../javascript/node_modules/@tensorflow/", import.meta.url)
const tf = (await import(new URL("tfjs-core/dist/tf-core.node.js", folder).href)).default
const { setWasmPaths } = (await import(new URL("tfjs-backend-wasm/dist/tf-backend-wasm.node.js", folder).href)).default
setWasmPaths(new URL("tfjs-backend-wasm/dist/", folder).pathname)
await tf.setBackend("wasm")
const [a, b] = [0, 1].map(() => tf.fill([64, 64], 0.5))
const value = tf.matMul(a, b).dataSync()[0]
console.log(JSON.stringify({ ms: performance.now() - begun, value }))
process.exit()
