import type { IntegerProgram, ProgramNode } from '../integer/program.ts';
import { intervalsOf, type TensorInterval } from '../integer/intervals.ts';
import { buildGraph } from '../onnx/index.ts';
import type { AttributeValue, ElementType, OnnxGraph, OnnxNode, OnnxTensor } from '../onnx/index.ts';
import { FLOAT32_EXACT, largest } from './precision.ts';

export type Float = 'float32' | 'float64';

/** A tensor of the graph that is being written. */
export interface Value {
  readonly name: string;
  readonly type: Float;
}

/** TensorProto.DataType of the two. */
const CAST_TO = { float32: 1, float64: 11 } as const;

/** Collects the nodes and constants of a slice's ONNX graph. */
export class GraphWriter {
  readonly program: IntegerProgram;
  /** By tensor of the program. */
  readonly intervals: readonly TensorInterval[];
  readonly #taken = new Set<string>();
  readonly #values = new Map<number, Value>();
  readonly #nodes: OnnxNode[] = [];
  readonly #constants = new Map<string, OnnxTensor>();

  constructor(program: IntegerProgram) {
    this.program = program;
    this.intervals = intervalsOf(program);
    for (const id of program.inputs) {
      const type = largest(this.intervals[id]) < FLOAT32_EXACT ? 'float32' : 'float64';
      this.put(id, { name: this.#unique(program.tensors[id].name), type });
    }
  }

  finish(name: string): OnnxGraph {
    const { inputs, outputs, tensors } = this.program;
    return buildGraph({
      name,
      inputs: inputs.map((id) => ({ ...this.value(id), shape: tensors[id].shape })),
      outputs: outputs.map((id) => ({ name: this.value(id).name })),
      nodes: this.#nodes,
      constants: this.#constants,
    });
  }

  /** What holds a tensor of the program. */
  value(id: number): Value {
    return this.#values.get(id) as Value;
  }

  /** Says what holds a tensor of the program. */
  put(id: number, value: Value): void {
    this.#values.set(id, value);
  }

  /** The last step of a node: writes its output tensor. */
  write(
    node: Pick<ProgramNode, 'name' | 'output'>,
    operator: string,
    inputs: readonly Value[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
  ): void {
    this.put(node.output, this.emit(node.name, operator, inputs, inputs[0].type, attributes));
  }

  /** One operator between two of the node's own. */
  emit(
    label: string,
    operator: string,
    inputs: readonly (Value | string)[],
    type: Float,
    attributes: Readonly<Record<string, AttributeValue>> = {},
  ): Value {
    const name = this.#unique(label);
    this.#nodes.push({
      // ONNX Runtime wants the names of nodes to differ, too.
      name,
      operator,
      inputs: inputs.map((input) => (typeof input === 'string' ? input : input.name)),
      outputs: [name],
      attributes,
    });
    return { name, type };
  }

  cast(value: Value, type: Float): Value {
    if (value.type === type) return value;
    return this.emit(`${value.name}/${type}`, 'Cast', [value], type, { to: CAST_TO[type] });
  }

  scalar(label: string, type: Float, value: number): Value {
    return this.constant(`${label}/by`, type, [], [value]);
  }

  constant(label: string, type: Float, shape: readonly number[], values: ArrayLike<number>): Value {
    const name = this.#unique(label);
    const data = type === 'float32' ? Float32Array.from(values) : Float64Array.from(values);
    this.#constants.set(name, { type: type satisfies ElementType, shape, data });
    return { name, type };
  }

  /** Integers that an operator takes as an input: a shape, axes, indices. */
  integers(label: string, values: readonly number[] | Int32Array): string {
    const name = this.#unique(label);
    const data = BigInt64Array.from(values, BigInt);
    this.#constants.set(name, { type: 'int64', shape: [data.length], data });
    return name;
  }

  /** Names in a graph are shared by tensors and constants; a layer's own name may come twice. */
  #unique(wanted: string): string {
    let name = wanted;
    for (let i = 1; name === '' || this.#taken.has(name); i++) name = `${wanted}#${i}`;
    this.#taken.add(name);
    return name;
  }
}
