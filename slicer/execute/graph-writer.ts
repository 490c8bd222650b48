import type { IntegerProgram, ProgramNode } from '../integer/program.ts';
import { intervalsOf, type TensorInterval } from '../integer/intervals.ts';
import { buildGraph } from '../onnx/index.ts';
import { namesRead, namesWithin, readCall, type ForeignCall } from '../onnx/foreign-call.ts';
import { OPSETS } from '../onnx/limits.ts';
import type { OperatorSetIdProto, RawNodeProto } from '../onnx/schema.ts';
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

/** ONNX Runtime takes nothing older but version 7, which this one has all of. */
const LEAST_OPSET = 8;

/** TensorProto.DataType of the two. */
const CAST_TO = { float32: 1, float64: 11 } as const;

/** Collects the nodes and constants of a slice's ONNX graph. */
export class GraphWriter {
  readonly program: IntegerProgram;
  /** Of operators as their files have them. */
  readonly #types = new Map<string, TensorType>();
  readonly #protos = new Map<string, RawNodeProto>();
  #imports: readonly OperatorSetIdProto[] = [];
  /** By node that only ONNX Runtime runs. */
  readonly #calls = new Map<ProgramNode, ForeignCall>();
  /** By tensor of the program. */
  readonly intervals: readonly TensorInterval[];
  readonly #taken = new Set<string>();
  readonly #values = new Map<number, Value>();
  readonly #nodes: OnnxNode[] = [];
  readonly #constants = new Map<string, OnnxTensor>();

  constructor(program: IntegerProgram) {
    this.program = program;
    this.intervals = intervalsOf(program);
    for (const node of program.nodes) {
      if (node.kind !== 'foreign') continue;
      const call = readCall(node.model);
      this.#calls.set(node, call);
      // What graphs within it speak of keeps its name, and nothing else gets it.
      for (const name of namesWithin(call.node)) this.#taken.add(name);
    }
    for (const id of program.inputs) {
      const type = largest(this.intervals[id]) < FLOAT32_EXACT ? 'float32' : 'float64';
      this.put(id, { name: this.#unique(program.tensors[id].name), type });
    }
  }

  finish(name: string): OnnxGraph {
    const { inputs, outputs, tensors } = this.program;
    const graph = buildGraph({
      name,
      inputs: inputs.map((id) => ({ ...this.value(id), shape: tensors[id].shape })),
      outputs: outputs.map((id) => ({ name: this.value(id).name })),
      nodes: this.#nodes,
      constants: this.#constants,
      opset: Math.max(this.opset, OPSETS.oldestGraph),
      types: this.#types,
      source: { imports: this.#imports, nodes: this.#protos },
    });
    return { ...graph, opset: this.opset };
  }

  /** The version of ONNX's operators that the file is written for: that of the operators which only ONNX Runtime runs. */
  get opset(): number {
    const versions = [...this.#calls.values()].flatMap(({ imports }) =>
      imports.filter(({ domain }) => domain === '').map(({ version }) => Number(version)),
    );
    // Version 8 has all of 7 and more of it, so that what stands around an operator can be written.
    return versions.length === 0 ? OPSETS.oldestGraph : Math.max(LEAST_OPSET, ...versions);
  }

  callOf(node: ProgramNode): ForeignCall {
    return this.#calls.get(node) as ForeignCall;
  }

  /**
   * An operator as its file has it.
   * @param names the tensors of this graph that it reads, by its own names for them
   * @returns its result, as float32 or, where that may be too narrow, as float64
   */
  splice(
    { node, imports, constants, output }: ForeignCall,
    names: ReadonlyMap<string, string>,
    label: string,
  ): Value {
    this.#imports = [...this.#imports, ...imports];
    const fixed = namesWithin(node);
    const known = new Map(names);
    const nameOf = (name: string): string => {
      if (name === '') return '';
      const given = known.get(name) ?? (fixed.has(name) ? name : this.#unique(`${label}/${name}`));
      known.set(name, given);
      return given;
    };
    for (const [name, tensor] of constants) this.#constants.set(nameOf(name), tensor);
    const outputs = (node.output ?? []).map(nameOf);
    const result = nameOf(output.name);
    const proto = { ...node, name: result, input: (node.input ?? []).map(nameOf), output: outputs };
    this.#protos.set(result, proto);
    this.#types.set(result, output);
    this.#nodes.push({
      name: result,
      operator: node.opType ?? '',
      inputs: namesRead(proto),
      outputs: [result],
      attributes: {},
      foreign: true,
    });
    const { type } = output;
    if (type === 'float32' || type === 'float64') return { name: result, type };
    // Every integer below 2^53, and both truths.
    return this.emit(`${result}/number`, 'Cast', [result], 'float64', { to: CAST_TO.float64 });
  }

  /** A tensor under the very name that graphs within an operator have for it. */
  emitAs(name: string, value: Value | string): void {
    if (this.#nodes.some(({ outputs }) => outputs.includes(name))) {
      throw new ExecuteError('EXECUTE_NAMES', `two operators with graphs in them read a tensor "${name}"`);
    }
    const input = typeof value === 'string' ? value : value.name;
    this.#nodes.push({ name, operator: 'Identity', inputs: [input], outputs: [name], attributes: {} });
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
