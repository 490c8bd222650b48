import { orderIndices } from '../../onnx/index.ts';
import type { ElementType, OnnxGraph, OnnxNode, OnnxTensor } from '../../onnx/index.ts';
import { nameNode } from '../../onnx/refuse.ts';
import { isFloat } from '../../onnx/tensor-data.ts';
import { sizeOf } from '../../integer/program.ts';
import { SlicerError } from '../../errors.ts';
import { QuantiseError } from '../errors.ts';
import { floatInputs } from '../float-model.ts';
import type { FloatLinear, FloatModel, FloatNode, FloatTensor } from '../float-model.ts';

/** Writes one ONNX node in the operators of {@link FloatModel}. */
export type Lower = (lowering: Lowering, node: OnnxNode) => void;

/** Nodes whose results are values that they read. */
const MOVING: ReadonlySet<FloatNode['kind']> = new Set(['concat', 'gather', 'max-pool', 'reshape']);

/** What a node is refused for that ONNX Runtime may run all the same: indices that the model computes, say. */
const NOT_PROVABLE: ReadonlySet<string> = new Set(['QUANTISE_UNSUPPORTED_NODE', 'ONNX_DYNAMIC_SHAPE']);

/** A linear operator, and how its channels lie in a tensor that holds its results: value i is of channel
 * ⌊i / run⌋ mod channels. */
export interface LinearOrigin {
  readonly node: FloatLinear;
  readonly channels: number;
  readonly run: number;
}

/** A tensor times a number. */
interface Scaled {
  readonly tensor: number;
  readonly gain: number;
}

/** How a tensor is multiplied by a number. */
export interface Scaling {
  /** In the operators before it. Returns whether that could be done, and nothing else reads what they give. */
  fold(lowering: Lowering, tensor: number, factor: number): boolean;
  /** By an operator of its own, whose result is returned. */
  multiply(lowering: Lowering, name: string, tensor: number, factor: number): number;
}

/** An ONNX graph on its way to a {@link FloatModel}. */
export class Lowering {
  readonly graph: OnnxGraph;
  readonly #tensors: FloatTensor[] = [];
  readonly #ids = new Map<string, number>();
  readonly #nodes: FloatNode[] = [];
  /** By tensor: the position of the node that writes it. */
  readonly #writers = new Map<number, number>();
  /** The names in the graph of a tensor that has some: its own, and those of what it is but for a factor. */
  readonly #names = new Map<number, readonly string[]>();
  /** By name: what its tensor has yet to be multiplied by. */
  readonly #gains = new Map<string, number>();
  /** By name: the node that multiplies, of one that is called after it. */
  readonly #multipliers = new Map<string, string>();
  /** The name whose factor is being put into the operators before it. */
  #own = '';
  /** By name: how often what is lowered reads it, being a model output included. */
  readonly #uses: ReadonlyMap<string, number>;
  /** By tensor: how often nodes that are emitted read it. */
  readonly #readers = new Map<number, number>();
  readonly #folds: boolean;
  readonly #scaling: Scaling;
  /** Takes back what the node that is being written has done, last first. */
  #undo: (() => void)[] = [];
  readonly #inputs: readonly number[];

  /**
   * @param reads what the nodes that are lowered read, each name as often as it is read
   * @param options.folds whether constants may go into the weights of a linear operator before them, and factors wait for one
   * that takes them
   */
  constructor(
    graph: OnnxGraph,
    reads: readonly string[],
    { folds, scaling }: { readonly folds: boolean; readonly scaling: Scaling },
  ) {
    this.graph = graph;
    this.#folds = folds;
    this.#scaling = scaling;
    this.#uses = countsOf([...reads, ...graph.outputs.map(({ name }) => name)]);
    this.#inputs = graph.inputs.map(({ name, shape }) => this.#named(name, shape));
  }

  /** Writes a node. Returns whether it could; if not, nothing is left of the attempt. */
  attempt(lower: Lower, node: OnnxNode): boolean {
    this.#undo = [];
    try {
      lower(this, node);
      return true;
    } catch (error) {
      if (!(error instanceof SlicerError) || !NOT_PROVABLE.has(error.code)) throw error;
      for (const back of this.#undo.toReversed()) back();
      return false;
    }
  }

  finish(): FloatModel {
    const outputs = this.graph.outputs.map(({ name }) => {
      const id = this.#whole(name);
      if (id === undefined) {
        throw new QuantiseError(
          'QUANTISE_CONSTANT_OUTPUT',
          `model output ${name} does not depend on any input`,
        );
      }
      return id;
    });
    return { tensors: this.#withInner(), inputs: this.#inputs, outputs, nodes: this.#nodes };
  }

  /** The tensors, those between a node's own operators as whole as what is only moved into them. */
  #withInner(): readonly FloatTensor[] {
    const tensors = [...this.#tensors];
    for (const node of this.#nodes) {
      if (this.#names.has(node.output) || !MOVING.has(node.kind)) continue;
      const { whole } = tensors[floatInputs(node)[0]];
      if (whole) tensors[node.output] = { ...tensors[node.output], whole };
    }
    return tensors;
  }

  /** Says that integers up to this may come where a tensor is made that others only move. */
  reaches(tensor: number, most: number): void {
    const { most: before = 0, ...known } = this.#tensors[tensor];
    this.#tensors[tensor] = { ...known, most: Math.max(before, most) };
    const node = this.#nodes[this.#writers.get(tensor) ?? -1] as FloatNode | undefined;
    // A cast to a narrower type is a product with 1.
    const casts = node?.kind === 'times' && node.factors.every((factor) => factor === 1);
    if (node && (casts || MOVING.has(node.kind))) {
      for (const input of floatInputs(node)) this.reaches(input, most);
    }
  }

  /** The type of a tensor of integers; undefined for reals. */
  wholeOf(tensor: number): ElementType | undefined {
    return this.#tensors[tensor].whole;
  }

  /** The value of an input that the model knows before it runs. */
  known(node: OnnxNode, index: number): OnnxTensor | undefined {
    return this.graph.constants.get(node.inputs[index] ?? '');
  }

  /** The same, where nothing else can be proved. */
  constant(node: OnnxNode, index: number, what: string): OnnxTensor {
    const constant = this.known(node, index);
    if (!constant) throw unsupported(node, `${what} that the model computes, expected a constant`);
    return constant;
  }

  /** The tensor that a node reads. */
  input(node: OnnxNode, index = 0): number {
    const id = this.#whole(node.inputs[index] ?? '');
    if (id === undefined) throw unsupported(node, `input ${index} is a constant, expected a tensor`);
    return id;
  }

  /** The tensor that a node reads, and what it has yet to be multiplied by: for a node that passes that on. */
  scaled(node: OnnxNode, index = 0): Scaled {
    const name = node.inputs[index] ?? '';
    const tensor = this.#ids.get(name);
    if (tensor === undefined) return { tensor: this.input(node, index), gain: 1 };
    return { tensor, gain: this.#gains.get(name) ?? 1 };
  }

  /** The same, the factor gone into the weights of an operator before it where that costs nothing. */
  folded(node: OnnxNode, index = 0): Scaled {
    const { tensor, gain } = this.scaled(node, index);
    if (gain === 1) return { tensor, gain };
    return this.#foldGain(node.inputs[index], tensor, gain) ? { tensor, gain: 1 } : { tensor, gain };
  }

  /** Says that what a node writes is a tensor times a number, which whoever reads it sees to. */
  pend(node: OnnxNode, { tensor, gain }: Scaled): boolean {
    if (!this.#folds || gain === 0 || !Number.isFinite(gain)) return false;
    const [name] = node.outputs;
    this.#set(this.#ids, name, tensor);
    this.#set(this.#names, tensor, [...(this.#names.get(tensor) ?? []), name]);
    this.#set(this.#multipliers, name, node.name);
    this.#gain(name, gain);
    return true;
  }

  /** Says that what a node has written has yet to be multiplied by a number. */
  passOn(name: string, gain: number): void {
    this.#gain(name, gain);
  }

  #gain(name: string, gain: number): void {
    this.#set(this.#gains, name, gain === 1 ? undefined : gain);
  }

  /** The tensor of a name, with nothing left to multiply it by. */
  #whole(name: string): number | undefined {
    const tensor = this.#ids.get(name);
    const gain = this.#gains.get(name);
    if (tensor === undefined || gain === undefined || this.#foldGain(name, tensor, gain)) return tensor;
    const scaled = this.#scaling.multiply(
      this,
      this.#multipliers.get(name) ?? `${name}/scaled`,
      tensor,
      gain,
    );
    const others = this.#names.get(tensor)?.filter((other) => other !== name);
    this.#set(this.#names, tensor, others);
    this.#gain(name, 1);
    this.#call(scaled, name);
    return scaled;
  }

  /** Puts a name's factor into the operators before it, where all that they give is read for that name. */
  #foldGain(name: string, tensor: number, gain: number): boolean {
    this.#own = name;
    const done = this.#scaling.fold(this, tensor, gain);
    this.#own = '';
    if (!done) return false;
    this.#gain(name, 1);
    this.#forget(tensor);
    this.#call(tensor, name);
    return true;
  }

  /** Takes a tensor's names away: its values are others now, and whoever would still read it must not get them. */
  #forget(tensor: number): void {
    for (const name of this.#names.get(tensor) ?? []) this.#set(this.#ids, name, undefined);
    this.#set(this.#names, tensor, undefined);
  }

  /** Makes the tensor that a node writes. */
  output(node: OnnxNode, index = 0): number {
    const name = node.outputs[index];
    return this.#named(name, this.graph.tensors.get(name)?.shape ?? []);
  }

  /** Says that what a node writes is a tensor that is there already, whose values have become those of the node. */
  alias(node: OnnxNode, tensor: number): void {
    this.#forget(tensor);
    this.#call(tensor, node.outputs[0]);
  }

  /** A tensor between two of the node's own operators. */
  tensor(name: string, shape: readonly number[], whole?: ElementType): number {
    this.#undo.push(() => this.#tensors.pop());
    return this.#tensors.push({ name, shape, ...(whole ? { whole } : {}) }) - 1;
  }

  shapeOf(tensor: number): readonly number[] {
    return this.#tensors[tensor].shape;
  }

  /**
   * Whether a tensor has no reader, in the graph or among the nodes that are emitted, but the one that asks.
   * @param emitted how many of its readers are emitted already: 1 for a tensor further back than the one that is read
   */
  #readOnce(tensor: number, emitted: 0 | 1): boolean {
    const names = this.#names.get(tensor) ?? [];
    const own = emitted === 0 ? names.indexOf(this.#own) : -1;
    // However many read the name that asks: they all get what becomes of it. A name that was made of it is no reader of it, and has some.
    const before = own < 0 ? names : names.slice(0, own);
    const isLast = own < 0 || own === names.length - 1;
    const readers = this.#readers.get(tensor) ?? 0;
    return readers === emitted && isLast && before.every((name) => this.#uses.get(name) === 1);
  }

  /** Whether anything reads a tensor of the graph. */
  isRead(name: string): boolean {
    return this.#uses.has(name);
  }

  emit(node: FloatNode): void {
    this.#set(this.#writers, node.output, this.#nodes.length);
    this.#undo.push(() => this.#nodes.pop());
    this.#nodes.push(node);
    for (const id of floatInputs(node)) this.#set(this.#readers, id, (this.#readers.get(id) ?? 0) + 1);
  }

  /** A tensor that a node reads by way of others that it stands for. */
  named(node: OnnxNode, name: string): number {
    const id = this.#whole(name);
    if (id === undefined) throw unsupported(node, `a function of ${name}, which is no tensor`);
    return id;
  }

  /** The same values under another shape: the tensor itself where that is its own. */
  reshaped(name: string, input: number, shape: readonly number[]): number {
    if (String(shape) === String(this.shapeOf(input))) return input;
    const output = this.tensor(name, shape);
    this.emit({ kind: 'reshape', name, input, output });
    return output;
  }

  /**
   * Writes a node's output as a tensor's values under the output's shape; a tensor of this shape that the node
   * itself made becomes the output.
   */
  finishAs(node: OnnxNode, tensor: number): void {
    const [name] = node.outputs;
    const shape = this.graph.tensors.get(name)?.shape ?? [];
    if (!this.#names.has(tensor) && String(shape) === String(this.shapeOf(tensor))) {
      const before = this.#tensors[tensor];
      this.#undo.push(() => (this.#tensors[tensor] = before));
      this.#tensors[tensor] = { name, shape, ...this.#wholeAs(name) };
      this.alias(node, tensor);
      return;
    }
    this.emit({ kind: 'reshape', name: node.name, input: tensor, output: this.output(node) });
  }

  /** Values by their places in a tensor; the tensor itself where each stays where it is. */
  gathered(name: string, input: number, shape: readonly number[], indices: Int32Array, fill = 0): number {
    const same = indices.length === sizeOf(this.shapeOf(input)) && indices.every((index, i) => index === i);
    if (same) return this.reshaped(name, input, shape);
    const output = this.tensor(name, shape);
    this.emit({ kind: 'gather', name, input, output, indices, fill });
    return output;
  }

  /** The same values with the axes in another order. */
  turned(name: string, input: number, order: readonly number[]): number {
    const shape = this.shapeOf(input);
    const turned = order.map((axis) => shape[axis]);
    return this.gathered(name, input, turned, orderIndices(shape, order));
  }

  /**
   * The linear operator whose results a tensor holds, whatever their shape, if nothing else reads them;
   * undefined when there is none.
   */
  originOf(tensor: number, emitted: 0 | 1 = 0): LinearOrigin | undefined {
    const node = this.writerOf(tensor, emitted);
    if (node?.kind === 'reshape') return this.originOf(node.input, 1);
    if (node?.kind !== 'conv' && node?.kind !== 'gemm') return undefined;
    return { node, channels: node.bias.length, run: sizeOf(this.shapeOf(node.output).slice(2)) };
  }

  /**
   * The node that writes a tensor, if nothing reads that but the node that asks, or the one emitted node by way of which it
   * does; undefined when there is none, or it may not be changed.
   */
  writerOf(tensor: number, emitted: 0 | 1): FloatNode | undefined {
    const position = this.#folds && this.#readOnce(tensor, emitted) ? this.#writers.get(tensor) : undefined;
    return position === undefined ? undefined : this.#nodes[position];
  }

  replace(node: FloatLinear, by: FloatLinear): void {
    const position = this.#writers.get(node.output) as number;
    this.#undo.push(() => (this.#nodes[position] = node));
    this.#nodes[position] = by;
  }

  #named(name: string, shape: readonly number[]): number {
    const id = this.tensor(name, shape);
    this.#tensors[id] = { name, shape, ...this.#wholeAs(name) };
    this.#call(id, name);
    return id;
  }

  #wholeAs(name: string): Pick<FloatTensor, 'whole'> {
    const type = this.graph.tensors.get(name)?.type;
    return type === undefined || isFloat(type) ? {} : { whole: type };
  }

  #call(tensor: number, name: string): void {
    this.#set(this.#ids, name, tensor);
    this.#set(this.#names, tensor, [name]);
  }

  /** Sets what a map has at a key, or takes it away, so that it can be taken back. */
  #set<Key, Value>(map: Map<Key, Value>, key: Key, value: Value | undefined): void {
    const before = map.get(key);
    const put = (given: Value | undefined): void => {
      if (given === undefined) map.delete(key);
      else map.set(key, given);
    };
    this.#undo.push(() => put(before));
    put(value);
  }
}

function countsOf(names: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

export function unsupported(node: OnnxNode, what: string): QuantiseError {
  return new QuantiseError('QUANTISE_UNSUPPORTED_NODE', `${nameNode(node)}: ${what} can't be proved`, {
    details: { node: node.name, operator: node.operator },
  });
}
