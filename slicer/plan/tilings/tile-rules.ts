import type {
  ConcatNode,
  ConvNode,
  GatherNode,
  GemmNode,
  MatmulNode,
  ProgramNode,
  ProgramTensor,
  ReshapeNode,
} from '../../integer/program.ts';
import { nodeInputs, sizeOf } from '../../integer/program.ts';
import type { Windows } from '../../integer/windows.ts';
import { along, boxIndices, boxShape, type Box } from './box.ts';

/** What a box of a node's output is made of. */
interface TileCut {
  /** By input: the box that is read; an input without one is not read. */
  readonly reads: readonly (Box | undefined)[];
  /** The node that makes the box of these; which tensors it joins is filled in later. */
  readonly node: ProgramNode;
}

/** How one kind of node is cut to a box of its output. */
interface TileRule<Node> {
  /** @returns undefined where such a box can't be made by itself */
  cut(node: Node, box: Box, tensors: readonly ProgramTensor[]): TileCut | undefined;
}

/** Kinds that are missing are never tiled. */
const rules: {
  readonly [Kind in ProgramNode['kind']]?: TileRule<Extract<ProgramNode, { readonly kind: Kind }>>;
} = {
  add: { cut: cutElementwise },
  argmax: {
    cut: (node, box, tensors) => ({
      reads: [along(box, node.axis, 0, tensors[node.input].shape[node.axis])],
      node,
    }),
  },
  'below-max': { cut: cutRows },
  concat: { cut: cutConcat },
  conv: { cut: cutConv },
  divide: { cut: cutElementwise },
  gather: { cut: cutGather },
  gemm: { cut: cutGemm },
  isqrt: { cut: cutElementwise },
  matmul: { cut: cutMatmul },
  'max-pool': {
    cut(node, box, tensors) {
      const windows = cutWindows(node, box, tensors[node.input].shape);
      return windows && { reads: [windows.read], node: { ...node, pads: windows.pads } };
    },
  },
  maximum: { cut: cutElementwise },
  mul: { cut: cutElementwise },
  rescale: { cut: cutElementwise },
  reshape: { cut: cutReshape },
  scale: {
    cut(node, box, tensors) {
      const own = boxIndices(tensors[node.output].shape, box);
      return { reads: [box], node: { ...node, factors: Int32Array.from(own, (at) => node.factors[at]) } };
    },
  },
  table: { cut: cutElementwise },
};

function cutElementwise(node: ProgramNode, box: Box): TileCut {
  return { reads: nodeInputs(node).map(() => box), node };
}

/** Whole rows: each value depends on all of its row. */
function cutRows(node: ProgramNode, box: Box, tensors: readonly ProgramTensor[]): TileCut | undefined {
  const last = box.end.length - 1;
  if (box.start[last] > 0 || box.end[last] < tensors[node.output].shape[last]) return undefined;
  return cutElementwise(node, box);
}

/** Rows of the left matrices, columns of the right ones. */
function cutMatmul(node: MatmulNode, box: Box, tensors: readonly ProgramTensor[]): TileCut {
  const inner = tensors[node.inputs[0]].shape.at(-1) as number;
  const rank = box.start.length;
  return { reads: [along(box, rank - 1, 0, inner), along(box, rank - 2, 0, inner)], node };
}

/** A node cut to a box of its output, or undefined. */
export function cutNode(node: ProgramNode, box: Box, tensors: readonly ProgramTensor[]): TileCut | undefined {
  return ruleOf(node)?.cut(node, box, tensors);
}

function ruleOf({ kind }: ProgramNode): TileRule<ProgramNode> | undefined {
  return rules[kind];
}

/**
 * The rows and columns that windows read, and the padding that is left of them: a tile at the border keeps the
 * border's padding, one inside has its neighbours' values instead. The channels are those of the output.
 */
function cutWindows(
  { kernel, strides, pads, dilations }: Windows,
  box: Box,
  shape: readonly number[],
): { readonly read: Box; readonly pads: Windows['pads'] } | undefined {
  let read = box;
  const left: [number, number, number, number] = [0, 0, 0, 0];
  for (const axis of [0, 1] as const) {
    const first = box.start[axis + 2] * strides[axis] - pads[axis];
    const end =
      (box.end[axis + 2] - 1) * strides[axis] - pads[axis] + (kernel[axis] - 1) * dilations[axis] + 1;
    const size = shape[axis + 2];
    // Windows that lie in the padding altogether read nothing.
    if (end <= 0 || first >= size) return undefined;
    left[axis] = Math.max(0, -first);
    left[axis + 2] = Math.max(0, end - size);
    read = along(read, axis + 2, Math.max(0, first), Math.min(size, end));
  }
  return { read, pads: left };
}

function cutConv(node: ConvNode, box: Box, tensors: readonly ProgramTensor[]): TileCut | undefined {
  const { shape } = tensors[node.input];
  const windows = cutWindows(node, box, shape);
  if (!windows) return undefined;
  const [first, end] = [box.start[1], box.end[1]];
  const filters = node.bias.length / node.groups;
  const perGroup = shape[1] / node.groups;
  const [firstGroup, endGroup] = [Math.floor(first / filters), Math.ceil(end / filters)];
  const row = node.weights.length / node.bias.length;
  const own = node.weights.slice(first * row, end * row);
  const groups = endGroup - firstGroup;
  const whole = first === firstGroup * filters && end === endGroup * filters;
  return {
    reads: [along(windows.read, 1, firstGroup * perGroup, endGroup * perGroup)],
    node: {
      ...node,
      pads: windows.pads,
      bias: node.bias.slice(first, end),
      ...(whole || groups === 1
        ? { groups, weights: own }
        : { groups: 1, weights: withoutGroups(node, own, { first, firstGroup, groups, perGroup }) }),
    },
  };
}

/** Weights over the channels of all groups that are touched: zeros where a filter does not read, which cost nothing. */
function withoutGroups(
  { kernel, bias, groups: allGroups }: ConvNode,
  own: Int32Array,
  {
    first,
    firstGroup,
    groups,
    perGroup,
  }: {
    readonly first: number;
    readonly firstGroup: number;
    readonly groups: number;
    readonly perGroup: number;
  },
): Int32Array {
  const row = perGroup * sizeOf(kernel);
  const filters = own.length / row;
  const weights = new Int32Array(filters * groups * row);
  for (let filter = 0; filter < filters; filter++) {
    const group = Math.floor(((first + filter) * allGroups) / bias.length) - firstGroup;
    weights.set(own.subarray(filter * row, (filter + 1) * row), (filter * groups + group) * row);
  }
  return weights;
}

function cutGemm(node: GemmNode, box: Box, tensors: readonly ProgramTensor[]): TileCut {
  const [, inputs] = tensors[node.input].shape;
  const [first, end] = [box.start[1], box.end[1]];
  return {
    reads: [along(box, 1, 0, inputs)],
    node: {
      ...node,
      weights: node.weights.slice(first * inputs, end * inputs),
      bias: node.bias.slice(first, end),
    },
  };
}

function cutConcat(node: ConcatNode, box: Box, tensors: readonly ProgramTensor[]): TileCut {
  let before = 0;
  const reads = node.inputs.map((id) => {
    const size = tensors[id].shape[node.axis];
    const first = Math.max(0, box.start[node.axis] - before);
    const end = Math.min(size, box.end[node.axis] - before);
    before += size;
    return first < end ? along(box, node.axis, first, end) : undefined;
  });
  return { reads, node };
}

/** Values may come from anywhere: what is read is the least box around those that are taken. */
function cutGather(node: GatherNode, box: Box, tensors: readonly ProgramTensor[]): TileCut {
  const taken = boxIndices(tensors[node.output].shape, box).map((at) => node.indices[at]);
  const { shape } = tensors[node.input];
  const read = boxAround(taken, shape);
  return { reads: [read], node: { ...node, indices: withinBox(taken, read, shape) } };
}

/** A box of the one shape is values anywhere in the other: a gather, but where they are a box there too, in its order. */
function cutReshape(node: ReshapeNode, box: Box, tensors: readonly ProgramTensor[]): TileCut {
  const { shape } = tensors[node.input];
  const taken = boxIndices(tensors[node.output].shape, box);
  const read = boxAround(taken, shape);
  const indices = withinBox(taken, read, shape);
  const isInOrder = indices.length === sizeOf(boxShape(read)) && indices.every((at, i) => at === i);
  return { reads: [read], node: isInOrder ? node : { ...node, kind: 'gather', indices, fill: 0 } };
}

/** The least box around some values of a tensor; indices below zero are none. Of no values it is the first one's. */
function boxAround(indices: Int32Array, shape: readonly number[]): Box {
  const start = shape.slice();
  const end = shape.map(() => 0);
  for (const index of indices) {
    if (index < 0) continue;
    let rest = index;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const at = rest % shape[axis];
      rest = (rest - at) / shape[axis];
      if (at < start[axis]) start[axis] = at;
      if (at >= end[axis]) end[axis] = at + 1;
    }
  }
  return indices.some((index) => index >= 0)
    ? { start, end }
    : { start: shape.map(() => 0), end: shape.map(() => 1) };
}

/** Indices into a tensor as indices into a box of it that holds them. */
function withinBox(indices: Int32Array, { start, end }: Box, shape: readonly number[]): Int32Array {
  return indices.map((index) => {
    if (index < 0) return -1;
    let [rest, size, within] = [index, 1, 0];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const at = rest % shape[axis];
      rest = (rest - at) / shape[axis];
      within += (at - start[axis]) * size;
      size *= end[axis] - start[axis];
    }
    return within;
  });
}
