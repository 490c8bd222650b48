import { buildGraph, writeOnnx, type OnnxNode } from '../../slicer/onnx/index.ts';
import { modelCodec } from '../../slicer/onnx/schema.ts';
import { node, randomConstants } from './lenet.ts';

/**
 * A file whose nodes call other operators, of which the reader knows nothing.
 * @param operators what is called instead, by the name of the tensor that a node writes
 */
export function modelWith(
  nodes: readonly OnnxNode[],
  operators: Readonly<Record<string, string>>,
): Uint8Array {
  const graph = buildGraph({
    name: 'foreign',
    inputs: [{ name: 'x', type: 'float32', shape: [1, 2, 4, 4] }],
    outputs: [{ name: 'y' }],
    constants: randomConstants(3, { w: [[2, 2, 3, 3], 0.3], v: [[3, 32], 0.3], b: [[3], 0.2] }),
    nodes,
  });
  const model = modelCodec.decode(writeOnnx(graph));
  const changed = model.graph?.node?.map((proto) => {
    const operator = operators[proto.output?.[0] ?? ''];
    return operator ? { ...proto, opType: operator, attribute: [] } : proto;
  });
  return modelCodec.encode({ ...model, graph: { ...model.graph, node: changed } });
}

/** A convolution, a normalisation that can't be proved, and a matrix: three slices, of which two have circuits. */
export const normalisingModel = (): Uint8Array =>
  modelWith(
    [
      node('Conv', ['x', 'w'], 'c', { pads: [1, 1, 1, 1] }),
      node('Relu', ['c'], 's'),
      node('Flatten', ['s'], 'f'),
      node('Gemm', ['f', 'v', 'b'], 'y', { transB: 1 }),
    ],
    { s: 'MeanVarianceNormalization' },
  );
