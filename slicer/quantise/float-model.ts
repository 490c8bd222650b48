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
  | FloatFunction
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
