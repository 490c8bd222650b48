import { nodeInputs, sizeOf } from '../../integer/program.ts';
import type {
  ConvNode,
  GemmNode,
  IntegerProgram,
  MatmulNode,
  ProgramNode,
  ProgramTensor,
} from '../../integer/program.ts';
import { along, boxIndices, boxShape, wholeBox } from './box.ts';
import { composeViews } from './compose-views.ts';
import { ProgramGraph, type Unit } from '../units/units.ts';

type Product = ConvNode | GemmNode | MatmulNode;

/**
 * The program with a product of a unit as the sum of two, each over half of what the other sums over: the columns of what a matrix
 * is applied to, a convolution's input channels. A tile of either reads only the pieces that its half lies in.
 * @param readsTooMany whether it is for the number of tensors: then either has to read fewer
 * @returns undefined where the unit has no product that sums over two or more
 */
export function withInnerParts(
  graph: ProgramGraph,
  unit: Unit,
  readsTooMany: boolean,
): IntegerProgram | undefined {
  const { program } = graph;
  const products = unit.nodes
    .map((position) => program.nodes[position])
    .filter((node): node is Product => isProduct(node) && innerOf(node, program.tensors) > 1)
    .toSorted((a, b) => readBy(b, program.tensors) - readBy(a, program.tensors));
  const [product] = products;
  if (product === undefined) return undefined;
  const writer = new HalvesWriter(program, product);
  const nodes = program.nodes.flatMap((node) => (node === product ? writer.nodes : [node]));
  const made = new Set(writer.nodes);
  const halved = composeViews({ ...program, tensors: writer.tensors, nodes }, (node) => made.has(node));
  if (!readsTooMany) return halved;
  const after = new ProgramGraph(halved);
  const all = new Set(graph.sources(product)).size;
  const halves = halved.nodes.filter((node) => made.has(node) && isProduct(node));
  return halves.every((half) => new Set(after.sources(half)).size < all) ? halved : undefined;
}

function isProduct(node: ProgramNode): node is Product {
  return node.kind === 'gemm' || node.kind === 'matmul' || (node.kind === 'conv' && node.groups === 1);
}

/** How many terms (of a convolution: channels) a product sums up. */
function innerOf(node: Product, tensors: readonly ProgramTensor[]): number {
  const { shape } = tensors[nodeInputs(node)[0]];
  return node.kind === 'conv' ? shape[1] : (shape.at(-1) as number);
}

function readBy(node: Product, tensors: readonly ProgramTensor[]): number {
  return nodeInputs(node).reduce((sum, id) => sum + sizeOf(tensors[id].shape), 0);
}

class HalvesWriter {
  readonly tensors: ProgramTensor[];
  readonly nodes: ProgramNode[] = [];
  readonly #product: Product;

  constructor(program: IntegerProgram, product: Product) {
    this.tensors = [...program.tensors];
    this.#product = product;
    const inner = innerOf(product, this.tensors);
    const middle = Math.floor(inner / 2);
    const halves = [this.#half(0, middle), this.#half(middle, inner)] as const;
    const { name, output } = product;
    this.nodes.push({ kind: 'add', name: `${name}/sum`, inputs: halves, shifts: [0, 0], output });
  }

  #half(first: number, end: number): number {
    const node = this.#product;
    const { name } = node;
    const label = `[${first}:${end}]`;
    const output = this.#like(node.output, label, this.tensors[node.output].shape);
    const own = { name: name + label, output };
    if (node.kind === 'matmul') {
      const [left, right] = node.inputs;
      const rank = this.tensors[left].shape.length;
      const inputs = [
        this.#part(left, rank - 1, first, end),
        this.#part(right, rank - 2, first, end),
      ] as const;
      this.nodes.push({ ...node, ...own, inputs });
      return output;
    }
    const input = this.#part(node.input, 1, first, end);
    // Only one of the two adds the bias.
    const bias = first === 0 ? node.bias : new Float64Array(node.bias.length);
    this.nodes.push({ ...node, ...own, input, bias, weights: columns(node, this.tensors, first, end) });
    return output;
  }

  #part(input: number, axis: number, first: number, end: number): number {
    const { shape, name } = this.tensors[input];
    const box = along(wholeBox(shape), axis, first, end);
    const label = `[${first}:${end}]`;
    const output = this.#like(input, label, boxShape(box));
    const indices = boxIndices(shape, box);
    this.nodes.push({
      kind: 'gather',
      name: `${name}${label} for ${this.#product.name}`,
      input,
      output,
      indices,
      fill: 0,
    });
    return output;
  }

  #like(id: number, label: string, shape: readonly number[]): number {
    const tensor = this.tensors[id];
    return this.tensors.push({ ...tensor, name: tensor.name + label, shape }) - 1;
  }
}

/** The weights of some of the columns or input channels. */
function columns(
  node: ConvNode | GemmNode,
  tensors: readonly ProgramTensor[],
  first: number,
  end: number,
): Int32Array {
  const row = node.weights.length / node.bias.length;
  const each = row / innerOf(node, tensors);
  const weights = new Int32Array(node.bias.length * (end - first) * each);
  for (let o = 0; o < node.bias.length; o++) {
    const own = node.weights.subarray(o * row + first * each, o * row + end * each);
    weights.set(own, o * (end - first) * each);
  }
  return weights;
}
