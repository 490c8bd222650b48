import type { IntegerProgram, ProgramNode } from '../integer/program.ts';
import { intervalsOf, type TensorInterval } from '../integer/intervals.ts';
import { buildGraph } from '../onnx/index.ts';
import type { NodeProto, OperatorSetIdProto } from '../onnx/schema.ts';
import { elementTypeCode } from '../onnx/tensor-proto.ts';
import type {
  AttributeValue,
  ElementType,
  OnnxGraph,
  OnnxNode,
  OnnxTensor,
  TensorType,
} from '../onnx/index.ts';
import { ExecuteError } from './errors.ts';
import { FLOAT32_EXACT, largest } from './precision.ts';

/** A fault of this folder: whoever writes a node's operators chose a type that is too narrow. */
function inexact(label: string, value: number): ExecuteError {
  return new ExecuteError(
    'EXECUTE_INEXACT',
    `${label}: expected an integer that float32 holds, got ${value}`,
    {
      hint: 'This is a fault of sliceproof; please report it with the model.',
    },
  );
}

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
  readonly #types = new Map<string, TensorType>();
  readonly #protos = new Map<string, NodeProto>();
  #imports: readonly OperatorSetIdProto[] = [];
  #opset: number | undefined;
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
      ...(this.#opset === undefined
        ? {}
        : {
            opset: this.#opset,
            types: this.#types,
            source: { imports: this.#imports, nodes: this.#protos },
          }),
    });
  }

  /**
   * Another graph in this one.
   * @param names by its inputs: the tensors of this graph that they are
   * @returns its first output, as float32
   */
  splice(graph: OnnxGraph, names: ReadonlyMap<string, string>, label: string): Value {
    this.#opset = Math.max(this.#opset ?? 0, graph.opset);
    this.#imports = [...this.#imports, ...(graph.source?.imports ?? [])];
    const known = new Map(names);
    const nameOf = (name: string): string => {
      if (name === '') return '';
      const given = known.get(name) ?? this.#unique(`${label}/${name}`);
      known.set(name, given);
      return given;
    };
    for (const [name, tensor] of graph.constants) this.#constants.set(nameOf(name), tensor);
    for (const node of graph.nodes) {
      const inputs = node.inputs.map(nameOf);
      const outputs = node.outputs.map(nameOf);
      const proto = node.foreign && graph.source?.nodes.get(node.outputs[0]);
      if (proto) this.#protos.set(outputs[0], { ...proto, name: outputs[0], input: inputs, output: outputs });
      node.outputs.forEach((name, i) => {
        const type = graph.tensors.get(name);
        if (type) this.#types.set(outputs[i], type);
      });
      this.#nodes.push({ ...node, name: outputs[0], inputs, outputs });
    }
    const [{ name, type }] = graph.outputs;
    const result = { name: nameOf(name), type: 'float32' } as const;
    return type === 'float32' ? result : { name: this.castTo(result, 'float32'), type: 'float32' };
  }

  /** A tensor as another element type; its name. */
  castTo(value: Value, type: ElementType): string {
    return this.emit(`${value.name}/${type}`, 'Cast', [value], 'float32', { to: elementTypeCode(type) }).name;
  }

  /** What holds a tensor of the program. */
  value(id: number): Value {
    return this.#values.get(id) as Value;
  }

  /**
   * Says what holds a tensor of the program.
   * @throws ExecuteError EXECUTE_INEXACT: a float32 where it may be wider
   */
  put(id: number, value: Value): void {
    const reach = largest(this.intervals[id]);
    if (value.type === 'float32' && reach >= FLOAT32_EXACT) throw inexact(value.name, reach);
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

  /** @throws ExecuteError EXECUTE_INEXACT: a value that the type rounds */
  constant(label: string, type: Float, shape: readonly number[], values: ArrayLike<number>): Value {
    const name = this.#unique(label);
    const data = type === 'float32' ? Float32Array.from(values) : Float64Array.from(values);
    for (let i = 0; i < data.length; i++) if (data[i] !== values[i]) throw inexact(label, values[i]);
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
