import { IntegerProgramError } from './errors.ts';
import { nodeInputs, sizeOf } from './program.ts';
import type { ConvNode, IntegerProgram, MaxPoolNode, ProgramNode, ProgramTensor } from './program.ts';

/** What a program may hold at most; a slice of a model within the market's limits is far below. */
export const PROGRAM_LIMITS = {
  bytes: 2 ** 28,
  tensors: 16_384,
  nodes: 16_384,
  rank: 8,
  tensorValues: 2 ** 24,
} as const;

/**
 * Checks what a program's types can't say: every index in range, each tensor written once and before it is
 * read, shapes that follow from the operators, ranges where they belong.
 * @throws IntegerProgramError PROGRAM_INVALID, naming the node and what was expected
 */
export function validateProgram(program: IntegerProgram): void {
  const { tensors, nodes, inputs, outputs } = program;
  for (const tensor of tensors) checkTensor(tensor);
  const written = new Set<number>();
  const write = (id: number, who: string): void => {
    expect(id in tensors, `${who}: tensor ${id} does not exist`);
    expect(!written.has(id), `${who}: tensor ${id} is written twice`);
    written.add(id);
  };
  for (const id of inputs) {
    write(id, 'inputs');
    expect(tensors[id].range !== undefined, `inputs: tensor ${tensors[id].name} has no range`);
  }
  for (const node of nodes) {
    for (const id of nodeInputs(node))
      expect(written.has(id), `${node.name}: reads tensor ${id} before it is written`);
    write(node.output, node.name);
    checkNode(node, tensors);
  }
  expect(outputs.length > 0, 'outputs: expected at least one');
  for (const id of outputs) {
    expect(written.has(id), `outputs: tensor ${id} is never written`);
    expect(tensors[id].range !== undefined, `outputs: tensor ${tensors[id].name} has no range`);
  }
}

/** The side of a pooled or convolved axis: floor((size + pads − reach) / stride) + 1. */
export function windowCount(
  size: number,
  kernel: number,
  stride: number,
  padding: number,
  dilation: number,
): number {
  return Math.floor((size + padding - ((kernel - 1) * dilation + 1)) / stride) + 1;
}

function checkTensor({ name, shape, range }: ProgramTensor): void {
  const size = sizeOf(shape);
  expect(
    size >= 1 && size <= PROGRAM_LIMITS.tensorValues,
    `${name}: expected 1 to ${PROGRAM_LIMITS.tensorValues} values, its shape has ${size}`,
  );
  if (range) expect(range.bits >= 1 && range.bits <= 32, `${name}: expected 1 to 32 bits, got ${range.bits}`);
}

function checkNode(node: ProgramNode, tensors: readonly ProgramTensor[]): void {
  const output = tensors[node.output];
  const shapes = nodeInputs(node).map((id) => tensors[id].shape);
  const [shape] = shapes;
  switch (node.kind) {
    case 'conv': {
      expectShape(node, windowShape(node, shape, node.bias.length), output.shape);
      const { groups, kernel, weights } = node;
      expect(
        shape[1] % groups === 0 && node.bias.length % groups === 0,
        `${node.name}: ${groups} groups do not divide ${shape[1]} channels and ${node.bias.length} filters`,
      );
      const size = node.bias.length * (shape[1] / groups) * kernel[0] * kernel[1];
      expect(weights.length === size, `${node.name}: expected ${size} weights, got ${weights.length}`);
      break;
    }
    case 'gemm':
      expect(
        sizeOf(shape) === shape[1] && shape.length === 2,
        `${node.name}: expected an input of shape 1×I`,
      );
      expectShape(node, [1, node.bias.length], output.shape);
      expect(
        node.weights.length === node.bias.length * shape[1],
        `${node.name}: expected ${node.bias.length * shape[1]} weights, got ${node.weights.length}`,
      );
      break;
    case 'add':
      expectShape(node, shape, shapes[1]);
      expectShape(node, shape, output.shape);
      break;
    case 'max-pool':
      expectShape(node, windowShape(node, shape, shape[1]), output.shape);
      for (const axis of [0, 1] as const) {
        const reads = everyWindowReads(node, shape[axis + 2], output.shape[axis + 2], axis);
        expect(reads, `${node.name}: a dilated window misses its input`);
      }
      break;
    case 'rescale':
      expectShape(node, shape, output.shape);
      expect(output.range !== undefined, `${node.name}: its output has no range`);
      expect(!node.relu || !output.range.signed, `${node.name}: relu writes an unsigned range`);
      break;
    case 'reshape':
      expect(sizeOf(shape) === sizeOf(output.shape), `${node.name}: its shapes differ in size`);
      break;
    case 'concat':
      checkConcat(node.name, node.axis, shapes, output.shape);
      for (const id of node.inputs) {
        const { range, scale } = tensors[id];
        const first = tensors[node.inputs[0]];
        expect(
          range?.bits === first.range?.bits && range?.signed === first.range?.signed && scale === first.scale,
          `${node.name}: its inputs differ in range or scale`,
        );
      }
      break;
  }
  if ('bias' in node) {
    expect(node.bias.every(Number.isSafeInteger), `${node.name}: a bias is not a safe integer`);
  }
}

function windowShape(node: ConvNode | MaxPoolNode, shape: readonly number[], channels: number): number[] {
  expect(shape.length === 4 && shape[0] === 1, `${node.name}: expected an input of shape 1×C×H×W`);
  const { kernel, strides, pads, dilations } = node;
  if (node.kind === 'max-pool') {
    const small = [0, 1].every((axis) => pads[axis] < kernel[axis] && pads[axis + 2] < kernel[axis]);
    expect(small, `${node.name}: padding as large as the window leaves windows empty`);
  }
  const side = (axis: 0 | 1): number =>
    windowCount(shape[axis + 2], kernel[axis], strides[axis], pads[axis] + pads[axis + 2], dilations[axis]);
  return [1, channels, side(0), side(1)];
}

/** Whether each window has a tap inside the input: a maximum of nothing is no integer. */
function everyWindowReads(
  { kernel, strides, pads, dilations }: MaxPoolNode,
  size: number,
  windows: number,
  axis: 0 | 1,
): boolean {
  for (let window = 0; window < windows; window++) {
    const start = window * strides[axis] - pads[axis];
    // The first tap that is not before the input.
    const tap = start >= 0 ? 0 : Math.ceil(-start / dilations[axis]);
    if (tap >= kernel[axis] || start + tap * dilations[axis] >= size) return false;
  }
  return true;
}

function checkConcat(
  name: string,
  axis: number,
  shapes: readonly (readonly number[])[],
  output: readonly number[],
): void {
  expect(axis < output.length, `${name}: axis ${axis} does not exist`);
  const joined = shapes.reduce((sum, shape) => sum + shape[axis], 0);
  const fits = shapes.every(
    (shape) => shape.length === output.length && shape.every((size, i) => i === axis || size === output[i]),
  );
  expect(fits && joined === output[axis], `${name}: its inputs do not join to ${output.join('×')}`);
}

function expectShape(node: ProgramNode, expected: readonly number[], shape: readonly number[]): void {
  expect(
    expected.length === shape.length && expected.every((size, i) => size === shape[i]),
    `${node.name}: expected shape ${expected.join('×')}, got ${shape.join('×')}`,
  );
}

function expect(condition: boolean, message: string): asserts condition {
  if (!condition) throw new IntegerProgramError('PROGRAM_INVALID', message);
}
