const begun = performance.now()
const ort = await import("../javascript/node_modules/onnxruntime-web/dist/ort.node.min.mjs")
const { OnnxModel } = await import("../javascript/onnx-model.js")
ort.env.wasm.numThreads = 1
const model = new OnnxModel()
const product = model.node("MatMul", [model.input("a", [64, 64]), model.input("b", [64, 64])])
const session = await ort.InferenceSession.create(model.finish([[product, [64, 64]]]), { executionProviders: ["wasm"] })
const [a, b] = [0, 1].map(() => new ort.Tensor("float32", new Float32Array(4096).fill(0.5), [64, 64]))
const value = (await session.run({ a, b }))[product].data[0]
console.log(JSON.stringify({ ms: performance.now() - begun, value }))
process.exit()
