import { convolutionOf, countsPadding, elementCount, formatShape, gemmOf, poolOf } from '../onnx/index.ts';
import type { OnnxGraph, OnnxNode, OnnxTensor, Windows } from '../onnx/index.ts';
import { nameNode } from '../onnx/refuse.ts';
import { QuantiseError } from './errors.ts';
import type { FloatLinear, FloatModel, FloatNode, FloatTensor } from './float-model.ts';
import { poolFirst } from './pool-first.ts';

type Pair = readonly [number, number];
type Pads = readonly [number, number, number, number];

/**
 * An ONNX graph in the operators of {@link FloatModel}: Conv, Gemm and MatMul by constants, Add, Relu,
 * MaxPool, AveragePool, GlobalAveragePool, Flatten, Reshape, Squeeze, Unsqueeze and Identity. A graph that
 * was exported for batches of more than one sample is read as the same model of one.
 * @throws QuantiseError QUANTISE_UNSUPPORTED_OPERATOR, QUANTISE_UNSUPPORTED_NODE (naming node and operator),
 *   QUANTISE_BATCH
 */
export function lowerGraph(graph: OnnxGraph): FloatModel {
  const builder = new Lowering(graph);
  for (const node of graph.nodes) builder.lower(named(node));
  return poolFirst(builder.finish());
}

/** Exporters may leave a node without a name; then it goes by what it writes. */
function named(node: OnnxNode): OnnxNode {
  return node.name === '' ? { ...node, name: node.outputs[0] } : node;
}

class Lowering {
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

  lower(node: OnnxNode): void {
    switch (node.operator) {
      case 'Conv':
        return this.#conv(node);
      case 'Gemm':
        return this.#gemm(node);
      case 'MatMul':
        return this.#matMul(node);
      case 'Add':
        return this.#add(node);
      case 'Relu': {
        const input = this.#input(node, 0);
        this.#emit({ kind: 'relu', name: node.name, input, output: this.#output(node) });
        return;
      }
      case 'MaxPool':
        return this.#maxPool(node);
      case 'AveragePool':
      case 'GlobalAveragePool':
        return this.#averagePool(node);
      case 'Flatten':
      case 'Reshape':
      case 'Squeeze':
      case 'Unsqueeze':
      case 'Identity': {
        const input = this.#input(node, 0);
        this.#emit({ kind: 'reshape', name: node.name, input, output: this.#output(node) });
        return;
      }
      default:
        throw new QuantiseError('QUANTISE_UNSUPPORTED_OPERATOR', `${nameNode(node)} can't be proved`, {
          hint: 'Provable are Conv, Gemm, MatMul, Add, Relu, MaxPool, AveragePool, Flatten and Reshape.',
          details: { node: node.name, operator: node.operator },
        });
    }
  }

  #conv(node: OnnxNode): void {
    const weights = this.#constant(node, 1, 'weights');
    const { groups, ...windows } = convolutionOf(node, this.#typeOf(node.inputs[0]), weights.shape);
    const input = this.#input(node, 0);
    this.#emit({
      kind: 'conv',
      name: node.name,
      input,
      output: this.#output(node),
      weights: Float64Array.from(weights.data, Number),
      bias: this.#bias(node, 2, weights.shape[0]),
      ...this.#plane(node, windows),
      groups,
    });
  }

  #gemm(node: OnnxNode): void {
    const { alpha, beta, transposeA, transposeB } = gemmOf(node);
    if (transposeA) throw unsupported(node, 'transA = 1');
    const weights = this.#constant(node, 1, 'B');
    const input = this.#row(node);
    const matrix = transposeB ? Float64Array.from(weights.data, Number) : transpose(weights);
    const filters = weights.shape[transposeB ? 0 : 1];
    const bias = this.#bias(node, 2, filters);
    this.#emit({
      kind: 'gemm',
      name: node.name,
      input,
      output: this.#output(node),
      weights: matrix.map((weight) => weight * alpha),
      bias: bias.map((value) => value * beta),
    });
  }

  #matMul(node: OnnxNode): void {
    const weights = this.#constant(node, 1, 'right factor');
    if (weights.shape.length !== 2)
      throw unsupported(node, `a right factor of shape ${formatShape(weights.shape)}`);
    this.#emit({
      kind: 'gemm',
      name: node.name,
      input: this.#row(node),
      output: this.#output(node),
      weights: transpose(weights),
      bias: new Float64Array(weights.shape[1]),
    });
  }

  /**
   * Of two tensors, or of a tensor and a constant: then part of the bias of the linear operator before, or a
   * depthwise 1×1 convolution with the constant as bias.
   */
  #add(node: OnnxNode): void {
    const constants = node.inputs.map((name) => this.#graph.constants.get(name));
    const which = constants.findIndex((constant) => constant !== undefined);
    if (which < 0) {
      const [left, right] = [this.#input(node, 0), this.#input(node, 1)];
      const [leftShape, rightShape] = [left, right].map((id) => this.#tensors[id].shape);
      if (String(leftShape) !== String(rightShape)) {
        throw unsupported(
          node,
          `shapes ${formatShape(leftShape)} and ${formatShape(rightShape)} that differ`,
        );
      }
      this.#emit({ kind: 'add', name: node.name, inputs: [left, right], output: this.#output(node) });
      return;
    }
    const constant = constants[which] as OnnxTensor;
    const input = this.#input(node, 1 - which);
    const { shape } = this.#tensors[input];
    const bias = perChannel(constant, shape);
    if (bias === undefined || (shape.length !== 2 && shape.length !== 4)) {
      throw unsupported(
        node,
        `a constant of shape ${formatShape(constant.shape)} with an input of shape ${formatShape(shape)}`,
      );
    }
    const at = this.#nodes.findIndex(({ output }) => output === input);
    const before = this.#nodes[at];
    if (
      (before?.kind === 'conv' || before?.kind === 'gemm') &&
      this.#uses.get(node.inputs[1 - which]) === 1
    ) {
      const folded = before.bias.map((value, i) => value + bias[i]);
      this.#nodes[at] = { ...before, bias: folded, output: this.#output(node) } satisfies FloatLinear;
      return;
    }
    this.#addPerChannel(node, input, bias);
  }

  #addPerChannel(node: OnnxNode, input: number, bias: Float64Array): void {
    const { shape } = this.#tensors[input];
    const flat = shape.length === 2;
    const image = [1, bias.length, 1, 1];
    const source = flat ? this.#reshaped(`${node.name}/image`, input, image) : input;
    const sum = flat ? this.#tensor(`${node.name}/sum`, image) : this.#output(node);
    this.#emit({
      kind: 'conv',
      name: node.name,
      input: source,
      output: sum,
      weights: new Float64Array(bias.length).fill(1),
      bias,
      kernel: [1, 1],
      strides: [1, 1],
      pads: [0, 0, 0, 0],
      dilations: [1, 1],
      groups: bias.length,
    });
    if (flat)
      this.#emit({ kind: 'reshape', name: `${node.name}/row`, input: sum, output: this.#output(node) });
  }

  #maxPool(node: OnnxNode): void {
    const windows = this.#plane(node, poolOf(node, this.#typeOf(node.inputs[0])));
    const { kernel, pads } = windows;
    if ([0, 1].some((axis) => pads[axis] >= kernel[axis] || pads[axis + 2] >= kernel[axis])) {
      throw unsupported(node, `padding [${pads.join(', ')}] as large as the window ${kernel.join('×')}`);
    }
    const input = this.#input(node, 0);
    this.#emit({ kind: 'max-pool', name: node.name, input, output: this.#output(node), ...windows });
  }

  #averagePool(node: OnnxNode): void {
    const shape = this.#typeOf(node.inputs[0]);
    const windows =
      node.operator === 'AveragePool'
        ? this.#plane(node, poolOf(node, shape))
        : this.#plane(node, {
            kernel: shape.slice(2),
            strides: shape.slice(2).map(() => 1),
            dilations: shape.slice(2).map(() => 1),
            pads: shape.slice(2).flatMap(() => [0, 0]),
            output: shape.slice(2).map(() => 1),
          });
    if (windows.pads.some((pad) => pad > 0) && !countsPadding(node)) {
      throw unsupported(
        node,
        'padding that does not count (count_include_pad = 0): its divisor changes at the edge',
      );
    }
    const channels = shape[1];
    const area = windows.kernel[0] * windows.kernel[1];
    const input = this.#input(node, 0);
    this.#emit({
      kind: 'conv',
      name: node.name,
      input,
      output: this.#output(node),
      weights: new Float64Array(channels * area).fill(1 / area),
      bias: new Float64Array(channels),
      ...windows,
      groups: channels,
    });
  }

  #plane(
    node: OnnxNode,
    { kernel, strides, dilations, pads }: Windows,
  ): {
    readonly kernel: Pair;
    readonly strides: Pair;
    readonly dilations: Pair;
    readonly pads: Pads;
  } {
    if (kernel.length !== 2)
      throw unsupported(node, `${kernel.length} spatial dimensions, only 2 are provable`);
    return {
      kernel: kernel as Pair,
      strides: strides as Pair,
      dilations: dilations as Pair,
      pads: pads as Pads,
    };
  }

  /** The left factor, which must be one row. */
  #row(node: OnnxNode): number {
    const input = this.#input(node, 0);
    const { shape } = this.#tensors[input];
    if (shape.length !== 2)
      throw unsupported(node, `a left factor of shape ${formatShape(shape)}, expected 1×I`);
    return input;
  }

  #bias(node: OnnxNode, index: number, size: number): Float64Array {
    if (!node.inputs[index]) return new Float64Array(size);
    const constant = this.#constant(node, index, 'bias');
    const count = elementCount(constant.shape);
    if (count !== size && count !== 1)
      throw unsupported(node, `a bias of shape ${formatShape(constant.shape)}`);
    return Float64Array.from({ length: size }, (_, i) => Number(constant.data[count === 1 ? 0 : i]));
  }

  #constant(node: OnnxNode, index: number, what: string): OnnxTensor {
    const constant = this.#graph.constants.get(node.inputs[index] ?? '');
    if (!constant) throw unsupported(node, `${what} that the model computes, expected a constant`);
    return constant;
  }

  #input(node: OnnxNode, index: number): number {
    const id = this.#ids.get(node.inputs[index] ?? '');
    if (id === undefined) throw unsupported(node, `input ${index} is a constant, expected a tensor`);
    return id;
  }

  #output(node: OnnxNode): number {
    const [name] = node.outputs;
    return this.#named(name, this.#single(name, this.#typeOf(name)));
  }

  #reshaped(name: string, input: number, shape: readonly number[]): number {
    const output = this.#tensor(name, shape);
    this.#emit({ kind: 'reshape', name, input, output });
    return output;
  }

  #emit(node: FloatNode): void {
    this.#nodes.push(node);
  }

  #named(name: string, shape: readonly number[]): number {
    const id = this.#tensor(name, shape);
    this.#ids.set(name, id);
    return id;
  }

  #tensor(name: string, shape: readonly number[]): number {
    return this.#tensors.push({ name, shape }) - 1;
  }

  #typeOf(name: string): readonly number[] {
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

function transpose({ data, shape: [rows, columns] }: OnnxTensor): Float64Array {
  return Float64Array.from({ length: rows * columns }, (_, i) =>
    Number(data[(i % rows) * columns + Math.floor(i / rows)]),
  );
}

/** A constant as one value a channel, or undefined when it varies inside channels. */
function perChannel({ data, shape }: OnnxTensor, input: readonly number[]): Float64Array | undefined {
  const channels = input[1];
  const aligned = [...new Array<number>(Math.max(0, input.length - shape.length)).fill(1), ...shape];
  const fits =
    aligned.length === input.length &&
    aligned.every((size, i) => size === 1 || (i === 1 && size === channels));
  if (!fits) return undefined;
  return Float64Array.from({ length: channels }, (_, i) => Number(data[data.length === 1 ? 0 : i]));
}

function unsupported(node: OnnxNode, what: string): QuantiseError {
  return new QuantiseError('QUANTISE_UNSUPPORTED_NODE', `${nameNode(node)}: ${what} can't be proved`, {
    details: { node: node.name, operator: node.operator },
  });
}
