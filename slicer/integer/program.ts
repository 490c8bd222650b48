/**
 * The integer program: the one meaning of a quantised model.
 *
 * The quantiser writes it from ONNX; the evaluator, the slice's own ONNX model and the circuit's witness must
 * all give the same integers for it, to the last bit. A tensor is integers with a power-of-two scale:
 * real ≈ q · 2^−scale. Tensors are in row-major order, batch dimension 1 kept in the shape.
 *
 * Only two things bound a value: a model input is bound by its declared `bits`, and `rescale` brings an
 * accumulator back into `bits`. Everything else is exact integer arithmetic whose interval follows from the
 * actual constants (see `intervals.ts`), so no input can fall outside a range that was guessed.
 */

/** The integers that a tensor may hold: unsigned [0, 2^bits − 1] or signed [−2^(bits−1), 2^(bits−1) − 1]. */
export interface IntegerRange {
  readonly signed: boolean;
  /** 1 … 32. */
  readonly bits: number;
}

/** A tensor of the program, by its index in {@link IntegerProgram.tensors}. */
export interface ProgramTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** real ≈ q · 2^−scale; informative for inner tensors, binding at the model's inputs and outputs. */
  readonly scale: number;
  /** Set for the program's inputs and for the results of `rescale`: what may be committed at a slice's edge. */
  readonly range?: IntegerRange;
}

/**
 * acc[o, y, x] = bias[o] + Σ weight · input. Input [1, C, H, W], output [1, O, H', W']; zero padding.
 * AveragePool is a depthwise convolution of constants.
 */
export interface ConvNode {
  readonly kind: 'conv';
  readonly name: string;
  readonly input: number;
  readonly output: number;
  /** [O, C / groups, kernel height, kernel width], row-major. */
  readonly weights: Int32Array;
  /** [O]; safe integers. */
  readonly bias: Float64Array;
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  /** top, left, bottom, right (ONNX order). */
  readonly pads: readonly [number, number, number, number];
  readonly dilations: readonly [number, number];
  readonly groups: number;
}

/** acc[o] = bias[o] + Σ_i weights[o, i] · input[i]. Input [1, I], output [1, O]. */
export interface GemmNode {
  readonly kind: 'gemm';
  readonly name: string;
  readonly input: number;
  readonly output: number;
  /** [O, I], row-major. */
  readonly weights: Int32Array;
  /** [O]; safe integers. */
  readonly bias: Float64Array;
}

/** acc = left · 2^leftShift + right · 2^rightShift, elementwise over equal shapes. */
export interface AddNode {
  readonly kind: 'add';
  readonly name: string;
  readonly inputs: readonly [number, number];
  readonly shifts: readonly [number, number];
  readonly output: number;
}

/** Maximum over windows; padding never wins (it is left out of the window). Works on accumulators. */
export interface MaxPoolNode {
  readonly kind: 'max-pool';
  readonly name: string;
  readonly input: number;
  readonly output: number;
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly pads: readonly [number, number, number, number];
  readonly dilations: readonly [number, number];
}

/**
 * q = clamp(floor((acc + half) / 2^shift), low, high) with half = 2^(shift−1), or 0 when shift = 0; the output
 * tensor's range is exactly [low, high] as {@link IntegerRange} says. `relu` sets low to 0 (range unsigned).
 */
export interface RescaleNode {
  readonly kind: 'rescale';
  readonly name: string;
  readonly input: number;
  readonly output: number;
  readonly shift: number;
  readonly relu: boolean;
}

/** The same values in the same order under another shape (Reshape, Flatten, Squeeze, Unsqueeze). */
export interface ReshapeNode {
  readonly kind: 'reshape';
  readonly name: string;
  readonly input: number;
  readonly output: number;
}

/** Joins tensors of one range and scale along an axis: how a consumer takes the tiles of a cut layer. */
export interface ConcatNode {
  readonly kind: 'concat';
  readonly name: string;
  readonly inputs: readonly number[];
  readonly axis: number;
  readonly output: number;
}

export type ProgramNode =
  ConvNode | GemmNode | AddNode | MaxPoolNode | RescaleNode | ReshapeNode | ConcatNode;

/** A whole model or one slice of it: nodes in topological order, each tensor written once. */
export interface IntegerProgram {
  readonly tensors: readonly ProgramTensor[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly nodes: readonly ProgramNode[];
}

/** The values of one tensor: integers, exact below 2^53. */
export type TensorValues = Float64Array;

/** The inputs that a node reads, in order. */
export function nodeInputs(node: ProgramNode): readonly number[] {
  return node.kind === 'add' || node.kind === 'concat' ? node.inputs : [node.input];
}

/** The number of values in a tensor of this shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/** The least and the largest integer of a range, both included. */
export function boundsOf({ signed, bits }: IntegerRange): { readonly low: number; readonly high: number } {
  return signed ? { low: -(2 ** (bits - 1)), high: 2 ** (bits - 1) - 1 } : { low: 0, high: 2 ** bits - 1 };
}
