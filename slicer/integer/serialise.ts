import { z } from 'zod';
import { IntegerProgramError } from './errors.ts';
import type { IntegerProgram, ProgramNode, ProgramTensor } from './program.ts';
import { PROGRAM_LIMITS, validateProgram } from './validate.ts';

const FORMAT = 'sliceproof-program/1';

const index = z.int().min(0).max(PROGRAM_LIMITS.tensors);
const side = z.int().min(1).max(65_536);
const padding = z.int().min(0).max(65_536);
const name = z.string().max(4096);
const base64 = z.base64().max(PROGRAM_LIMITS.bytes);

const tensorSchema = z.strictObject({
  name,
  shape: z.array(z.int().min(1).max(PROGRAM_LIMITS.tensorValues)).max(PROGRAM_LIMITS.rank),
  scale: z.int().min(-256).max(256),
  range: z.strictObject({ signed: z.boolean(), bits: z.int().min(1).max(32) }).optional(),
});

const linear = { weights: base64, bias: base64 };
const windows = {
  kernel: z.tuple([side, side]),
  strides: z.tuple([side, side]),
  pads: z.tuple([padding, padding, padding, padding]),
  dilations: z.tuple([side, side]),
};
const shift = z.int().min(0).max(52);

const nodeSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('conv'),
    name,
    input: index,
    output: index,
    ...windows,
    groups: side,
    ...linear,
  }),
  z.strictObject({ kind: z.literal('gemm'), name, input: index, output: index, ...linear }),
  z.strictObject({
    kind: z.literal('add'),
    name,
    inputs: z.tuple([index, index]),
    shifts: z.tuple([shift, shift]),
    output: index,
  }),
  z.strictObject({ kind: z.literal('max-pool'), name, input: index, output: index, ...windows }),
  z.strictObject({ kind: z.literal('rescale'), name, input: index, output: index, shift, relu: z.boolean() }),
  z.strictObject({ kind: z.literal('reshape'), name, input: index, output: index }),
  z.strictObject({
    kind: z.literal('concat'),
    name,
    inputs: z.array(index).min(1).max(1024),
    axis: z.int().min(0).max(PROGRAM_LIMITS.rank),
    output: index,
  }),
]);

type SerialisedNode = z.infer<typeof nodeSchema>;

const programSchema = z.strictObject({
  format: z.literal(FORMAT),
  tensors: z.array(tensorSchema).max(PROGRAM_LIMITS.tensors),
  inputs: z.array(index).max(PROGRAM_LIMITS.tensors),
  outputs: z.array(index).max(PROGRAM_LIMITS.tensors),
  nodes: z.array(nodeSchema).max(PROGRAM_LIMITS.nodes),
});

/**
 * The program as bytes: JSON in one fixed order of keys, weights and biases as base64 of little-endian
 * int32 and float64. Equal programs give equal bytes on every machine, so a digest names a program.
 */
export function encodeProgram({ tensors, inputs, outputs, nodes }: IntegerProgram): Uint8Array {
  const body: z.infer<typeof programSchema> = {
    format: FORMAT,
    tensors: tensors.map(({ name, shape, scale, range }) => ({
      name,
      shape: [...shape],
      scale,
      ...(range ? { range: { signed: range.signed, bits: range.bits } } : {}),
    })),
    inputs: [...inputs],
    outputs: [...outputs],
    nodes: nodes.map(encodeNode),
  };
  return Buffer.from(JSON.stringify(body));
}

/**
 * Reads {@link encodeProgram}'s bytes and checks that they are a program.
 * @throws IntegerProgramError PROGRAM_TOO_LARGE, PROGRAM_MALFORMED, PROGRAM_INVALID
 */
export function decodeProgram(bytes: Uint8Array): IntegerProgram {
  if (bytes.length > PROGRAM_LIMITS.bytes) {
    throw new IntegerProgramError(
      'PROGRAM_TOO_LARGE',
      `expected a program of at most ${PROGRAM_LIMITS.bytes} bytes, got ${bytes.length}`,
    );
  }
  const program = parse(bytes);
  validateProgram(program);
  return program;
}

function parse(bytes: Uint8Array): IntegerProgram {
  try {
    const body = programSchema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
    const tensors: readonly ProgramTensor[] = body.tensors;
    return { tensors, inputs: body.inputs, outputs: body.outputs, nodes: body.nodes.map(decodeNode) };
  } catch (cause) {
    if (cause instanceof IntegerProgramError) throw cause;
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    throw new IntegerProgramError('PROGRAM_MALFORMED', `expected an integer program: ${reason}`, { cause });
  }
}

function encodeNode(node: ProgramNode): SerialisedNode {
  switch (node.kind) {
    case 'conv': {
      const { kind, name, input, output, groups } = node;
      return { kind, name, input, output, ...encodeWindows(node), groups, ...encodeLinear(node) };
    }
    case 'gemm': {
      const { kind, name, input, output } = node;
      return { kind, name, input, output, ...encodeLinear(node) };
    }
    case 'add': {
      const { kind, name, inputs, shifts, output } = node;
      return { kind, name, inputs: [...inputs], shifts: [...shifts], output };
    }
    case 'max-pool': {
      const { kind, name, input, output } = node;
      return { kind, name, input, output, ...encodeWindows(node) };
    }
    case 'rescale': {
      const { kind, name, input, output, shift, relu } = node;
      return { kind, name, input, output, shift, relu };
    }
    case 'reshape': {
      const { kind, name, input, output } = node;
      return { kind, name, input, output };
    }
    case 'concat': {
      const { kind, name, inputs, axis, output } = node;
      return { kind, name, inputs: [...inputs], axis, output };
    }
  }
}

function decodeNode(node: SerialisedNode): ProgramNode {
  if (node.kind !== 'conv' && node.kind !== 'gemm') return node;
  const weights = fromBase64(node.name, node.weights, 4);
  const bias = fromBase64(node.name, node.bias, 8);
  return {
    ...node,
    weights: Int32Array.from({ length: weights.byteLength / 4 }, (_, i) => weights.getInt32(4 * i, true)),
    bias: Float64Array.from({ length: bias.byteLength / 8 }, (_, i) => bias.getFloat64(8 * i, true)),
  };
}

type Windows = Pick<Extract<SerialisedNode, { kind: 'max-pool' }>, keyof typeof windows>;

function encodeWindows(node: Extract<ProgramNode, { kind: 'conv' | 'max-pool' }>): Windows {
  const { kernel, strides, pads, dilations } = node;
  return { kernel: [...kernel], strides: [...strides], pads: [...pads], dilations: [...dilations] };
}

function encodeLinear({ weights, bias }: Extract<ProgramNode, { kind: 'conv' | 'gemm' }>): {
  weights: string;
  bias: string;
} {
  const weightBytes = Buffer.alloc(4 * weights.length);
  weights.forEach((weight, i) => weightBytes.writeInt32LE(weight, 4 * i));
  const biasBytes = Buffer.alloc(8 * bias.length);
  bias.forEach((value, i) => biasBytes.writeDoubleLE(value, 8 * i));
  return { weights: weightBytes.toString('base64'), bias: biasBytes.toString('base64') };
}

function fromBase64(node: string, text: string, width: number): DataView {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length % width !== 0) {
    throw new IntegerProgramError('PROGRAM_MALFORMED', `${node}: expected a multiple of ${width} bytes`);
  }
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
