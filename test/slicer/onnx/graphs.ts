import {
  buildGraph,
  type AttributeValue,
  type OnnxGraph,
  type OnnxNode,
  type OnnxTensor,
} from '../../../slicer/onnx/index.ts';

export function node(
  operator: string,
  inputs: readonly string[],
  output: string,
  attributes: Readonly<Record<string, AttributeValue>> = {},
): OnnxNode {
  return { name: `${operator}:${output}`, operator, inputs, outputs: [output], attributes };
}

/** A float32 tensor of small whole numbers that are exact everywhere. */
export function floats(shape: readonly number[], values?: readonly number[]): OnnxTensor {
  const length = shape.reduce((product, size) => product * size, 1);
  const data = values
    ? Float32Array.from(values)
    : Float32Array.from({ length }, (_, i) => ((i * 7) % 11) - 5);
  return { type: 'float32', shape, data };
}

export function int64(...values: readonly number[]): OnnxTensor {
  return { type: 'int64', shape: [values.length], data: BigInt64Array.from(values.map(BigInt)) };
}

export interface SmallGraph {
  readonly input?: readonly number[];
  readonly output?: string;
  readonly opset?: number;
  readonly constants?: Readonly<Record<string, OnnxTensor>>;
  readonly nodes: readonly OnnxNode[];
}

/** A checked graph with the input `x` and the output `y`. */
export function graphOf({
  input = [1, 2, 6, 6],
  output = 'y',
  opset,
  constants = {},
  nodes,
}: SmallGraph): OnnxGraph {
  return buildGraph({
    name: 'small',
    opset,
    inputs: [{ name: 'x', type: 'float32', shape: input }],
    outputs: [{ name: output }],
    nodes,
    constants: new Map(Object.entries(constants)),
  });
}
