import type { AddNode, ConvNode, GemmNode, MaxPoolNode, ReshapeNode } from '../integer/program.ts';

/**
 * A float model in the few operators that integer programs know: what is left of an ONNX graph when biases
 * are folded, pooling is moved before activations and averages are written as convolutions. One sample:
 * the leading dimension of every tensor is 1. How each kind of node is computed and quantised is in `nodes/`.
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
  return 'inputs' in node ? node.inputs : [node.input];
}
