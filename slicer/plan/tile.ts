import { nodeInputs, sizeOf } from '../integer/program.ts';
import type { ConvNode, GemmNode, IntegerProgram, ProgramNode, ProgramTensor } from '../integer/program.ts';
import type { Unit } from './units.ts';

/** A unit that is one linear operator, pooling or not, and its rescale: it can be cut over output channels. */
export interface TileableUnit {
  readonly linear: ConvNode | GemmNode;
  /** What follows, each reading the one before; the rescale last. */
  readonly rest: readonly ProgramNode[];
}

/** The parts of a unit that can be cut over output channels, or undefined. */
export function tileable(program: IntegerProgram, unit: Unit): TileableUnit | undefined {
  const [linear, ...rest] = unit.nodes.map((position) => program.nodes[position]);
  if (linear.kind !== 'conv' && linear.kind !== 'gemm') return undefined;
  if (program.tensors[linear.output].shape[0] !== 1) return undefined;
  const chained = rest.every(
    (node, i) =>
      (node.kind === 'max-pool' || node.kind === 'rescale') &&
      node.input === (i === 0 ? linear : rest[i - 1]).output &&
      (node.kind === 'rescale') === (i === rest.length - 1),
  );
  return chained && rest.length > 0 ? { linear, rest } : undefined;
}

/** Output channels of each tile, first and one past the last: as even as whole channels allow. */
export function evenTiles(channels: number, tiles: number): readonly (readonly [number, number])[] {
  return Array.from({ length: tiles }, (_, i) => [
    Math.floor((i * channels) / tiles),
    Math.floor(((i + 1) * channels) / tiles),
  ]);
}

/**
 * The same program with a unit replaced by one for each range of output channels. Each writes its own piece
 * of the result; a join, which costs nothing, gives them to whoever reads the whole. Where the whole is an
 * output of the program, its pieces become the outputs.
 */
export function tileUnit(
  program: IntegerProgram,
  { linear, rest }: TileableUnit,
  ranges: readonly (readonly [number, number])[],
): IntegerProgram {
  const tensors = [...program.tensors];
  const whole = rest[rest.length - 1].output;
  const pieces: number[] = [];
  const tiles = ranges.flatMap(([first, end]) => {
    const label = `[${first}:${end}]`;
    const piece = (id: number): number => tensors.push(channelsOf(tensors[id], first, end, label)) - 1;
    let last = piece(linear.output);
    const nodes: ProgramNode[] = [tileLinear(program, linear, first, end, label, last)];
    for (const node of rest) {
      const output = piece(node.output);
      nodes.push({ ...node, name: node.name + label, input: last, output } as ProgramNode);
      last = output;
    }
    pieces.push(last);
    return nodes;
  });
  const isOutput = program.outputs.includes(whole);
  const join: ProgramNode = {
    kind: 'concat',
    name: `${linear.name}/join`,
    inputs: pieces,
    axis: 1,
    output: whole,
  };
  const readers = program.nodes.some((node) => nodeInputs(node).includes(whole));
  const replaced = new Set<ProgramNode>(rest);
  return {
    ...program,
    tensors,
    outputs: isOutput ? program.outputs.flatMap((id) => (id === whole ? pieces : [id])) : program.outputs,
    nodes: program.nodes.flatMap((node) => {
      if (node === linear) return readers ? [...tiles, join] : tiles;
      return replaced.has(node) ? [] : [node];
    }),
  };
}

function channelsOf(tensor: ProgramTensor, first: number, end: number, label: string): ProgramTensor {
  const [batch, , ...rest] = tensor.shape;
  return { ...tensor, name: tensor.name + label, shape: [batch, end - first, ...rest] };
}

function tileLinear(
  program: IntegerProgram,
  linear: ConvNode | GemmNode,
  first: number,
  end: number,
  label: string,
  output: number,
): ConvNode | GemmNode {
  const name = linear.name + label;
  const bias = linear.bias.slice(first, end);
  if (linear.kind === 'gemm' || linear.groups === 1) {
    const row = linear.weights.length / linear.bias.length;
    return { ...linear, name, output, bias, weights: linear.weights.slice(first * row, end * row) };
  }
  // A tile of a grouped convolution reads all channels, most of them with weight zero: such terms cost nothing.
  const channels = program.tensors[linear.input].shape[1];
  const area = sizeOf(linear.kernel);
  const perGroup = channels / linear.groups;
  const weights = new Int32Array((end - first) * channels * area);
  for (let filter = first; filter < end; filter++) {
    const group = Math.floor((filter * linear.groups) / linear.bias.length);
    const row = linear.weights.subarray(filter * perGroup * area, (filter + 1) * perGroup * area);
    weights.set(row, ((filter - first) * channels + group * perGroup) * area);
  }
  return { ...linear, name, output, bias, weights, groups: 1 };
}
