import type { OnnxGraph, OnnxNode, OnnxTensor } from '../../onnx/index.ts';
import { gemmOf } from '../../onnx/index.ts';
import { attributesOf } from '../../onnx/raw-attributes.ts';
import type { Lowering } from './lowering.ts';
import { convolved, multiplied, toLevels } from './quantised.ts';
import { realsOf } from './spread.ts';

/**
 * A product between integers: QuantizeLinear of (a clamp of) a Conv, Gemm or MatMul of what DequantizeLinear gives, with
 * weights that come of integers. It is a product of these integers.
 */
export interface Island {
  readonly product: OnnxNode;
  /** A tensor of integers. */
  readonly input: string;
  readonly unit: number;
  readonly zero: number;
  readonly weights: OnnxTensor;
  readonly weightUnits: Float64Array;
  readonly weightZeros: Float64Array;
  readonly bias?: OnnxTensor;
  readonly clamp: readonly [low: number, high: number];
}

/** By the QuantizeLinear at its end. */
export function islands(graph: OnnxGraph): ReadonlyMap<OnnxNode, Island> {
  const ends = graph.nodes.filter(({ operator }) => operator === 'QuantizeLinear');
  if (ends.length === 0) return new Map();
  const writers = new Map(graph.nodes.map((node) => [node.outputs[0], node]));
  return new Map(
    ends.flatMap((node) => {
      const island = islandOf(graph, writers, node);
      return island ? [[node, island] as const] : [];
    }),
  );
}

export function lowerIsland(lowering: Lowering, node: OnnxNode, island: Island): void {
  const { product, unit, zero, weights, weightUnits, weightZeros, bias, clamp } = island;
  const multiply = product.operator === 'Conv' ? convolved : multiplied;
  const input = lowering.named(node, island.input);
  const as = { ...product, name: `${node.name}/${product.name}` };
  const { tensor, channels, run } = multiply(lowering, as, { input, zero, weights, weightZeros });
  const added = bias && realsOf(bias).data;
  const [scale, start] = [1, 2].map((index) => lowering.known(node, index)?.data[0]);
  toLevels(lowering, node, tensor, {
    target: {
      unit: Number(scale),
      zero: Number(start ?? 0),
      type: lowering.graph.tensors.get(node.outputs[0])?.type ?? 'uint8',
      clamp,
    },
    units: Float64Array.from({ length: channels }, (_, c) => unit * weightUnits[c % weightUnits.length]),
    offsets: Float64Array.from({ length: channels }, (_, c) => added?.[c % added.length] ?? 0),
    run,
  });
}

function islandOf(
  graph: OnnxGraph,
  writers: ReadonlyMap<string, OnnxNode>,
  end: OnnxNode,
): Island | undefined {
  if (![1, 2].every((index) => isOne(graph, end.inputs[index]))) return undefined;
  let [from] = end.inputs;
  let clamp: readonly [number, number] = [-Infinity, Infinity];
  const before = writers.get(from);
  const bounds = before && clampOf(graph, before);
  if (before && bounds) [from, clamp] = [before.inputs[0], bounds];
  const product = writers.get(from);
  if (product === undefined || !isProduct(product)) return undefined;
  const source = writers.get(product.inputs[0]);
  if (source?.operator !== 'DequantizeLinear') return undefined;
  if (![1, 2].every((index) => isOne(graph, source.inputs[index]))) return undefined;
  const weights = integersOf(graph, product.inputs[1]);
  const bias = graph.constants.get(product.inputs[2] ?? '');
  if (!weights || (product.inputs[2] && !bias)) return undefined;
  const axis = product.operator === 'Conv' || gemmTurned(product) ? 0 : weights.values.shape.length - 1;
  if (weights.units.length > 1 && weights.axis !== axis) return undefined;
  const number = (name: string | undefined, otherwise: number): number =>
    Number(graph.constants.get(name ?? '')?.data[0] ?? otherwise);
  return {
    product,
    input: source.inputs[0],
    unit: number(source.inputs[1], 1),
    zero: number(source.inputs[2], 0),
    weights: weights.values,
    weightUnits: weights.units,
    weightZeros: weights.zeros,
    ...(bias ? { bias } : {}),
    clamp,
  };
}

function isProduct(node: OnnxNode): boolean {
  if (node.operator === 'Conv' || node.operator === 'MatMul') return true;
  if (node.operator !== 'Gemm') return false;
  const { alpha, beta, transposeA } = gemmOf(node);
  return alpha === 1 && beta === 1 && !transposeA;
}

function gemmTurned(node: OnnxNode): boolean {
  return node.operator === 'Gemm' && gemmOf(node).transposeB;
}

function isOne(graph: OnnxGraph, name: string | undefined): boolean {
  return !name || graph.constants.get(name)?.data.length === 1;
}

function clampOf(graph: OnnxGraph, node: OnnxNode): readonly [number, number] | undefined {
  if (node.operator === 'Relu') return [0, Infinity];
  if (node.operator !== 'Clip') return undefined;
  const bounds = [-Infinity, Infinity].map((otherwise, i) => {
    const name = node.inputs[i + 1];
    return name ? Number(graph.constants.get(name)?.data[0]) : otherwise;
  });
  return bounds.some(Number.isNaN) ? undefined : [bounds[0], bounds[1]];
}

/** The integers that a constant of the graph was made of by the file's DequantizeLinear. */
function integersOf(graph: OnnxGraph, name: string) {
  const raw = graph.source?.nodes.get(name);
  if (raw?.opType !== 'DequantizeLinear') return undefined;
  const [values, scale, zero] = (raw.input ?? []).map((input) => graph.constants.get(input));
  if (!values || !scale) return undefined;
  const axis = (attributesOf(raw.attribute ?? []).axis as number | undefined) ?? 1;
  return {
    values,
    units: realsOf(scale).data,
    zeros: zero ? realsOf(zero).data : Float64Array.of(0),
    axis: axis < 0 ? axis + values.shape.length : axis,
  };
}
