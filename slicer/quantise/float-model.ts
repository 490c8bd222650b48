import { add, conv, gemm, maxPool } from '../integer/kernels.ts';
import type { AddNode, ConvNode, GemmNode, MaxPoolNode, ReshapeNode } from '../integer/program.ts';

/**
 * A float model in the few operators that integer programs know: what is left of an ONNX graph when biases
 * are folded, pooling is moved before activations and averages are written as convolutions. One sample:
 * the leading dimension of every tensor is 1.
 */
export interface FloatModel {
  readonly tensors: readonly FloatTensor[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly nodes: readonly FloatNode[];
}

export interface FloatTensor {
  readonly name: string;
  readonly shape: readonly number[];
}

export interface FloatConv extends Omit<ConvNode, 'weights'> {
  readonly weights: Float64Array;
}

export interface FloatGemm extends Omit<GemmNode, 'weights'> {
  readonly weights: Float64Array;
}

export type FloatAdd = Omit<AddNode, 'shifts'>;

export interface FloatRelu {
  readonly kind: 'relu';
  readonly name: string;
  readonly input: number;
  readonly output: number;
}

export type FloatLinear = FloatConv | FloatGemm;

export type FloatNode = FloatLinear | FloatAdd | FloatRelu | MaxPoolNode | ReshapeNode;

/** The inputs that a node reads, in order. */
export function floatInputs(node: FloatNode): readonly number[] {
  return node.kind === 'add' ? node.inputs : [node.input];
}

/** The value of every tensor of the model for one sample, by tensor index. */
export function evaluateFloat(model: FloatModel, inputs: readonly Float64Array[]): Float64Array[] {
  const values = new Array<Float64Array>(model.tensors.length);
  model.inputs.forEach((id, i) => (values[id] = inputs[i]));
  for (const node of model.nodes) values[node.output] = applyFloat(model, node, values);
  return values;
}

function applyFloat(model: FloatModel, node: FloatNode, values: readonly Float64Array[]): Float64Array {
  const output = model.tensors[node.output].shape;
  switch (node.kind) {
    case 'conv':
      return conv(node, values[node.input], model.tensors[node.input].shape, output);
    case 'gemm':
      return gemm(node, values[node.input]);
    case 'add':
      return add(values[node.inputs[0]], values[node.inputs[1]], [0, 0]);
    case 'relu':
      return values[node.input].map((value) => (value > 0 ? value : 0));
    case 'max-pool':
      return maxPool(node, values[node.input], model.tensors[node.input].shape, output);
    case 'reshape':
      return values[node.input];
  }
}
