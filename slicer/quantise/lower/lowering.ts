import { elementCount, formatShape } from '../../onnx/index.ts';
import type { OnnxGraph, OnnxNode, OnnxTensor } from '../../onnx/index.ts';
import { nameNode } from '../../onnx/refuse.ts';
import { QuantiseError } from '../errors.ts';
import type { FloatModel, FloatNode, FloatTensor } from '../float-model.ts';

/** Writes one ONNX node in the operators of {@link FloatModel}. */
export type Lower = (lowering: Lowering, node: OnnxNode) => void;

/** An ONNX graph on its way to a {@link FloatModel}. */
export class Lowering {
  readonly #graph: OnnxGraph;
  readonly #batch: number;
  readonly #tensors: FloatTensor[] = [];
  readonly #ids = new Map<string, number>();
  readonly #nodes: FloatNode[] = [];
  /** How often a tensor is read, being a model output included. */
  readonly #uses = new Map<string, number>();
  readonly #inputs: readonly number[];

  constructor(graph: OnnxGraph) {
    this.#graph = graph;
    this.#batch = graph.inputs[0]?.shape[0] ?? 1;
    for (const name of [
      ...graph.nodes.flatMap((node) => node.inputs),
      ...graph.outputs.map(({ name }) => name),
    ]) {
      this.#uses.set(name, (this.#uses.get(name) ?? 0) + 1);
    }
    this.#inputs = graph.inputs.map(({ name, shape, type }) => {
      if (type !== 'float32' && type !== 'float64') {
        throw new QuantiseError('QUANTISE_INPUT_TYPE', `model input ${name}: expected float32, got ${type}`);
      }
      return this.#named(name, this.#single(name, shape));
    });
  }

  finish(): FloatModel {
    const outputs = this.#graph.outputs.map(({ name }) => {
      const id = this.#ids.get(name);
      if (id === undefined) {
        throw new QuantiseError(
          'QUANTISE_CONSTANT_OUTPUT',
          `model output ${name} does not depend on any input`,
        );
      }
      return id;
    });
    return { tensors: this.#tensors, inputs: this.#inputs, outputs, nodes: this.#nodes };
  }

  /** The left factor, which must be one row. */
  row(node: OnnxNode): number {
    const input = this.input(node, 0);
    const { shape } = this.#tensors[input];
    if (shape.length !== 2)
      throw unsupported(node, `a left factor of shape ${formatShape(shape)}, expected 1×I`);
    return input;
  }

  bias(node: OnnxNode, index: number, size: number): Float64Array {
    if (!node.inputs[index]) return new Float64Array(size);
    const constant = this.constant(node, index, 'bias');
    const count = elementCount(constant.shape);
    if (count !== size && count !== 1)
      throw unsupported(node, `a bias of shape ${formatShape(constant.shape)}`);
    return Float64Array.from({ length: size }, (_, i) => Number(constant.data[count === 1 ? 0 : i]));
  }

  constant(node: OnnxNode, index: number, what: string): OnnxTensor {
    const constant = this.#graph.constants.get(node.inputs[index] ?? '');
    if (!constant) throw unsupported(node, `${what} that the model computes, expected a constant`);
    return constant;
  }

  input(node: OnnxNode, index: number): number {
    const id = this.#ids.get(node.inputs[index] ?? '');
    if (id === undefined) throw unsupported(node, `input ${index} is a constant, expected a tensor`);
    return id;
  }

  output(node: OnnxNode): number {
    const [name] = node.outputs;
    return this.#named(name, this.#single(name, this.typeOf(name)));
  }

  reshaped(name: string, input: number, shape: readonly number[]): number {
    const output = this.tensor(name, shape);
    this.emit({ kind: 'reshape', name, input, output });
    return output;
  }

  /** Whether one node alone reads a tensor of the graph. */
  readOnce(name: string): boolean {
    return this.#uses.get(name) === 1;
  }

  /** The linear operator that writes a tensor, with its position, or undefined. */
  writtenBy(tensor: number): FloatNode | undefined {
    return this.#nodes.find(({ output }) => output === tensor);
  }

  replace(node: FloatNode, by: FloatNode): void {
    this.#nodes[this.#nodes.indexOf(node)] = by;
  }

  /** The value of a tensor of the graph that the model knows before it runs. */
  known(name: string): OnnxTensor | undefined {
    return this.#graph.constants.get(name);
  }

  shapeOf(tensor: number): readonly number[] {
    return this.#tensors[tensor].shape;
  }

  emit(node: FloatNode): void {
    this.#nodes.push(node);
  }

  #named(name: string, shape: readonly number[]): number {
    const id = this.tensor(name, shape);
    this.#ids.set(name, id);
    return id;
  }

  tensor(name: string, shape: readonly number[]): number {
    return this.#tensors.push({ name, shape }) - 1;
  }

  typeOf(name: string): readonly number[] {
    return this.#graph.tensors.get(name)?.shape ?? [];
  }

  /** The shape of one sample of the batch. */
  #single(name: string, shape: readonly number[]): readonly number[] {
    if (shape[0] !== this.#batch || shape.length < 2) {
      throw new QuantiseError(
        'QUANTISE_BATCH',
        `tensor "${name}" has shape ${formatShape(shape)}, expected a first dimension of ${this.#batch}: the batch of the model's input`,
        { hint: 'Samples of a batch must not be mixed; export the model with batch size 1.' },
      );
    }
    return [1, ...shape.slice(1)];
  }
}

export function unsupported(node: OnnxNode, what: string): QuantiseError {
  return new QuantiseError('QUANTISE_UNSUPPORTED_NODE', `${nameNode(node)}: ${what} can't be proved`, {
    details: { node: node.name, operator: node.operator },
  });
}
