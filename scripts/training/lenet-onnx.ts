import { buildGraph, type AttributeValue, type OnnxGraph, type OnnxNode } from '../../slicer/onnx/index.ts';
import type { Parameter } from './layers.ts';

const CONVOLUTION = {
  dilations: [1, 1],
  group: 1,
  kernel_shape: [5, 5],
  pads: [0, 0, 0, 0],
  strides: [1, 1],
};
const POOLING = { ceil_mode: 0, kernel_shape: [2, 2], pads: [0, 0, 0, 0], strides: [2, 2] };
const GEMM = { alpha: 1, beta: 1, transB: 1 };

type Attributes = Readonly<Record<string, AttributeValue>>;

/** Each layer reads the tensor before it: [place in the network, operator, parameters, attributes]. */
const LAYERS: readonly (readonly [string, string, string | undefined, Attributes])[] = [
  ['conv1', 'Conv', 'conv1', CONVOLUTION],
  ['relu1', 'Relu', undefined, {}],
  ['pool1', 'MaxPool', undefined, POOLING],
  ['conv2', 'Conv', 'conv2', CONVOLUTION],
  ['relu2', 'Relu', undefined, {}],
  ['pool2', 'MaxPool', undefined, POOLING],
  ['flatten', 'Flatten', undefined, { axis: 1 }],
  ['fc1', 'Gemm', 'fc1', GEMM],
  ['relu3', 'Relu', undefined, {}],
  ['fc2', 'Gemm', 'fc2', GEMM],
  ['relu4', 'Relu', undefined, {}],
  ['fc3', 'Gemm', 'fc3', GEMM],
];

/**
 * The trained network with the operators, names and attributes that PyTorch's exporter gives such a model.
 * Input `image` [1, 1, 28, 28], ink 1 and paper 0; output `logits` [1, 10].
 */
export function lenetGraph(parameters: readonly Parameter[]): OnnxGraph {
  const last = LAYERS.length - 1;
  const outputOf = (index: number): string => {
    const [place, operator] = LAYERS[index];
    return index === last ? 'logits' : `/${place}/${operator}_output_0`;
  };
  const nodes = LAYERS.map(([place, operator, weights, attributes], i): OnnxNode => {
    const input = i === 0 ? 'image' : outputOf(i - 1);
    const inputs = weights === undefined ? [input] : [input, `${weights}.weight`, `${weights}.bias`];
    return { name: `/${place}/${operator}`, operator, inputs, outputs: [outputOf(i)], attributes };
  });
  return buildGraph({
    name: 'lenet-5',
    opset: 17,
    inputs: [{ name: 'image', type: 'float32', shape: [1, 1, 28, 28] }],
    outputs: [{ name: 'logits', declared: [1, 10] }],
    nodes,
    constants: new Map(
      parameters.map(({ name, shape, values }) => [
        name,
        { type: 'float32', shape, data: Float32Array.from(values) },
      ]),
    ),
  });
}
