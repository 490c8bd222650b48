import ort from 'onnxruntime-node';
import type { OnnxGraph, OnnxTensor, TensorData } from '../../slicer/onnx/graph.ts';
import { writeOnnx } from '../../slicer/onnx/write.ts';

/** Writes the graph, loads the file in ONNX Runtime and runs it on the given inputs, in the graph's order. */
export async function runOnnx(
  graph: OnnxGraph,
  inputs: readonly TensorData[],
): Promise<readonly OnnxTensor[]> {
  const session = await ort.InferenceSession.create(writeOnnx(graph), { graphOptimizationLevel: 'disabled' });
  const feeds = Object.fromEntries(
    graph.inputs.map(({ name, type, shape }, i) => [
      name,
      new ort.Tensor(type, inputs[i] as never, [...shape]),
    ]),
  );
  const results = await session.run(feeds);
  await session.release();
  return graph.outputs.map(({ name, type }) => {
    const { dims, data } = results[name];
    return { type, shape: dims, data: data as TensorData };
  });
}
