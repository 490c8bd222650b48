import type { ElementType } from '../onnx/index.ts';
import type {
  ArgmaxNode,
  AddNode,
  MatmulNode,
  MaximumNode,
  MulNode,
  ConcatNode,
  ConvNode,
  GatherNode,
  GemmNode,
  MaxPoolNode,
  ReshapeNode,
} from '../integer/program.ts';

/**
 * A float model in the few operators that integer programs know: what is left of an ONNX graph when biases
 * are folded, pooling is moved before activations and averages are written as convolutions. How each kind of node is computed and quantised is in `nodes/`.
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
  /** Its values are integers and stay what they are: of which type. */
  readonly whole?: ElementType;
  /** Of integers: the largest that what reads them may be given, whatever calibration saw. */
  readonly most?: number;
}

export interface FloatConv extends Omit<ConvNode, 'weights'> {
  readonly weights: Float64Array;
  /** Its weights are integers, and stay what they are. */
  readonly whole?: true;
}

export interface FloatGemm extends Omit<GemmNode, 'weights'> {
  readonly weights: Float64Array;
  /** Its weights are integers, and stay what they are. */
  readonly whole?: true;
}

export type FloatAdd = Omit<AddNode, 'shifts'>;

export interface FloatRelu {
  readonly kind: 'relu';
  readonly name: string;
  readonly input: number;
  readonly output: number;
}

/** Any function of each value by itself. */
export interface FloatFunction {
  readonly kind: 'function';
  readonly name: string;
  readonly input: number;
  readonly output: number;
  readonly of: (value: number) => number;
}

export type FloatMul = MulNode;

export type FloatMatmul = MatmulNode;

/** The larger of two tensors, or with `least` the smaller. */
export type FloatMaximum = MaximumNode & { readonly least?: true };

/** num / den; value i of num is divided by value spread[i] of den. */
export interface FloatDivide {
  readonly kind: 'divide';
  readonly name: string;
  readonly inputs: readonly [num: number, den: number];
  readonly spread: Int32Array;
  readonly output: number;
}

/** Values that the model knows, where they can't be part of a linear operator. */
export interface FloatConstant {
  readonly kind: 'constant';
  readonly name: string;
  readonly inputs: readonly [];
  readonly output: number;
  readonly values: Float64Array;
}

/** x + values, one for each value of x. */
export interface FloatOffset {
  readonly kind: 'offset';
  readonly name: string;
  readonly input: number;
  readonly output: number;
  readonly values: Float64Array;
}

export interface FloatClip {
  readonly kind: 'clip';
  readonly name: string;
  readonly input: number;
  readonly output: number;
  /** Infinite where there is none. */
  readonly low: number;
  readonly high: number;
}

/** x where it is not below zero, slope · x elsewhere. */
export interface FloatSlopes {
  readonly kind: 'slopes';
  readonly name: string;
  readonly input: number;
  readonly output: number;
  /** One for each value. */
  readonly slopes: Float64Array;
}

export type Relation = '<' | '<=' | '>' | '>=' | '=';

/** 1 where a relation holds between a value and its threshold, else 0. */
export interface FloatCompare {
  readonly kind: 'compare';
  readonly name: string;
  readonly input: number;
  readonly output: number;
  readonly relation: Relation;
  /** One for each value; may be infinite. */
  readonly thresholds: Float64Array;
}

/** The second input where the first is 1, the third where it is 0. */
export interface FloatSelect {
  readonly kind: 'select';
  readonly name: string;
  readonly inputs: readonly [condition: number, whenSet: number, otherwise: number];
  readonly output: number;
}

/** Integers times integers, one for each value. */
export interface FloatTimes {
  readonly kind: 'times';
  readonly name: string;
  readonly input: number;
  readonly output: number;
  readonly factors: Int32Array;
}

/** Integers divided by integers other than zero, one for each value, towards zero. */
export interface FloatQuotient {
  readonly kind: 'quotient';
  readonly name: string;
  readonly input: number;
  readonly output: number;
  readonly divisors: Float64Array;
}

/** Integers times the real that they count in. */
export interface FloatUnits {
  readonly kind: 'units';
  readonly name: string;
  readonly input: number;
  readonly output: number;
  /** Above zero. */
  readonly unit: number;
}

/**
 * What QuantizeLinear gives: x · factor + offset, rounded to the nearest integer (of two the even one), plus `zero`, within
 * bounds. Value i has the factor and the offset of channel ⌊i / run⌋ mod their number.
 */
export interface FloatLevels {
  readonly kind: 'levels';
  readonly name: string;
  readonly input: number;
  readonly output: number;
  readonly run: number;
  readonly factors: Float64Array;
  readonly offsets: Float64Array;
  readonly zero: number;
  readonly low: number;
  readonly high: number;
  /** (x + offset) · factor, rounded to float32: as operators on integers do it. */
  readonly single?: true;
}

/** Rows of a table by their numbers, from the end where they are below zero. */
export interface FloatChoose {
  readonly kind: 'choose';
  readonly name: string;
  readonly input: number;
  readonly output: number;
  /** Row-major. */
  readonly table: Float64Array;
  readonly rows: number;
}

/** √x of what is not below zero. */
export interface FloatRoot {
  readonly kind: 'root';
  readonly name: string;
  readonly input: number;
  readonly output: number;
}

/** Shares along the last axis: exp(factor · x) / Σ exp(factor · x). */
export interface FloatSoftmax {
  readonly kind: 'softmax';
  readonly name: string;
  readonly input: number;
  readonly output: number;
  /** Above zero. */
  readonly factor: number;
}

/** scale · (x − mean) / √(variance + epsilon) + bias over the last axis. */
export interface FloatLayerNorm {
  readonly kind: 'layer-norm';
  readonly name: string;
  readonly input: number;
  readonly output: number;
  readonly scale: Float64Array;
  readonly bias: Float64Array;
  readonly epsilon: number;
}

/** An operator that only ONNX Runtime runs. */
export interface FloatForeign {
  readonly kind: 'foreign';
  readonly name: string;
  readonly operator: string;
  readonly inputs: readonly number[];
  readonly output: number;
  /** The output's name in the ONNX graph, by which its values are asked for. */
  readonly tensor: string;
  readonly type: ElementType;
  /** The operator alone, as an ONNX model. */
  readonly model: Uint8Array;
}

export type FloatArgmax = ArgmaxNode;

export type FloatLinear = FloatConv | FloatGemm;

/** Its fill is a real. */
export type FloatGather = GatherNode;

export type FloatNode =
  | FloatForeign
  | FloatChoose
  | FloatCompare
  | FloatLevels
  | FloatUnits
  | FloatFunction
  | FloatQuotient
  | FloatSelect
  | FloatTimes
  | FloatMul
  | FloatMatmul
  | FloatMaximum
  | FloatDivide
  | FloatConstant
  | FloatClip
  | FloatOffset
  | FloatSlopes
  | FloatRoot
  | FloatSoftmax
  | FloatLayerNorm
  | FloatArgmax
  | FloatLinear
  | FloatAdd
  | FloatGather
  | FloatRelu
  | ConcatNode
  | MaxPoolNode
  | ReshapeNode;

/** The inputs that a node reads, in order. */
export function floatInputs(node: FloatNode): readonly number[] {
  return 'inputs' in node ? node.inputs : [node.input];
}
