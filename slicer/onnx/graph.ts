import type { OperatorSetIdProto, RawNodeProto } from './schema.ts';

/** The element types that the slicer reads and writes, by the names that ONNX Runtime gives them. */
export type ElementType =
  | 'float32'
  | 'float64'
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64'
  | 'bool';

export type TensorData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** What is known of a tensor without running the model. An empty shape is a single value. */
export interface TensorType {
  readonly type: ElementType;
  readonly shape: readonly number[];
}

/** A tensor whose values are part of the model, row-major. */
export interface OnnxTensor extends TensorType {
  readonly data: TensorData;
}

/** An input or output of the whole graph. */
export interface OnnxValue extends TensorType {
  readonly name: string;
}

/** Which of these an attribute is follows from its operator; see operators/index.ts. */
export type AttributeValue = number | string | readonly number[] | OnnxTensor;

/** One operator call. An input or output that is left out has the name ''. */
export interface OnnxNode {
  readonly name: string;
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  /**
   * The reader has no rules for what it does: it can be run as its file has it, and nothing else. Its inputs are all that it
   * reads, each once, what the graphs within it read from outside included.
   */
  readonly foreign?: true;
}

/**
 * A checked ONNX graph: every operator and attribute known, nodes in topological order, each tensor written
 * once, all shapes known (a batch dimension that was left open is 1). Initializers, `Constant` nodes and
 * what can be worked out of them and of shapes are `constants` and no longer nodes.
 */
export interface OnnxGraph {
  readonly name: string;
  /** Operator set version, 13 or newer: files of older ones are rewritten on reading. */
  readonly opset: number;
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly nodes: readonly OnnxNode[];
  readonly constants: ReadonlyMap<string, OnnxTensor>;
  /** Type and shape of every tensor by its name: inputs, constants and what the nodes write. */
  readonly tensors: ReadonlyMap<string, TensorType>;
  /** The nodes as their file has them, for running one as it was written; absent for a graph made here. */
  readonly source?: OnnxSource;
}

/** What of a file the graph leaves out. */
export interface OnnxSource {
  /** The file's own versions of the operators. */
  readonly imports: readonly OperatorSetIdProto[];
  /** By the name of a node's first output that isn't left out. */
  readonly nodes: ReadonlyMap<string, RawNodeProto>;
  /** The file, as ONNX Runtime runs it; absent where only some of its nodes are here. */
  readonly file?: Uint8Array;
}

/** The number of values in a tensor of this shape. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** A shape as people write it: `1×6×24×24`. */
export function formatShape(shape: readonly number[]): string {
  return shape.length === 0 ? 'scalar' : shape.join('×');
}
