import { z } from 'zod';
import { IntegerProgramError } from './errors.ts';
import { PROGRAM_LIMITS } from './limits.ts';
import { nodeName, tensorIndex } from './nodes/kind.ts';
import { kindOf, nodeKinds } from './nodes/index.ts';
import type { IntegerProgram, ProgramNode, ProgramTensor } from './program.ts';
import { intervalsOf } from './intervals.ts';
import { validateProgram } from './validate.ts';

const FORMAT = 'sliceproof-program/1';

const tensorSchema = z.strictObject({
  name: nodeName,
  shape: z.array(z.int().min(1).max(PROGRAM_LIMITS.tensorValues)).max(PROGRAM_LIMITS.rank),
  scale: z.int().min(-256).max(256),
  range: z.strictObject({ signed: z.boolean(), bits: z.int().min(1).max(32) }).optional(),
});

const {
  add,
  argmax,
  concat,
  constant,
  conv,
  divide,
  foreign,
  gather,
  gemm,
  isqrt,
  matmul,
  maximum,
  mul,
  rescale,
  reshape,
  table,
} = nodeKinds;
const nodeSchema = z.discriminatedUnion('kind', [
  add.schema,
  argmax.schema,
  nodeKinds['below-max'].schema,
  constant.schema,
  divide.schema,
  isqrt.schema,
  matmul.schema,
  maximum.schema,
  mul.schema,
  table.schema,
  concat.schema,
  conv.schema,
  foreign.schema,
  gather.schema,
  gemm.schema,
  nodeKinds['max-pool'].schema,
  rescale.schema,
  reshape.schema,
  nodeKinds.scale.schema,
]);

type SerialisedNode = z.infer<typeof nodeSchema>;

const programSchema = z.strictObject({
  format: z.literal(FORMAT),
  tensors: z.array(tensorSchema).max(PROGRAM_LIMITS.tensors),
  inputs: z.array(tensorIndex).max(PROGRAM_LIMITS.tensors),
  outputs: z.array(tensorIndex).max(PROGRAM_LIMITS.tensors),
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
 * @throws IntegerProgramError PROGRAM_TOO_LARGE, PROGRAM_MALFORMED, PROGRAM_INVALID; what intervalsOf throws
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
  // What is evaluated is exact only within these.
  intervalsOf(program);
  return program;
}

function parse(bytes: Uint8Array): IntegerProgram {
  try {
    const body = programSchema.parse(
      JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes), asWritten),
    );
    const tensors: readonly ProgramTensor[] = body.tensors;
    return { tensors, inputs: body.inputs, outputs: body.outputs, nodes: body.nodes.map(decodeNode) };
  } catch (cause) {
    if (cause instanceof IntegerProgramError) throw cause;
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    throw new IntegerProgramError('PROGRAM_MALFORMED', `expected an integer program: ${reason}`, { cause });
  }
}

/**
 * A number of a file is the double that it says: 9007199254740993 or −0 would be read as another one, and the program
 * would mean something else than what is written.
 */
function asWritten(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || context?.source === String(value)) return value;
  throw new IntegerProgramError(
    'PROGRAM_MALFORMED',
    `expected numbers as a double has them, got ${context?.source}, which is read as ${value}`,
  );
}

function encodeNode(node: ProgramNode): SerialisedNode {
  return kindOf(node).encode(node) as SerialisedNode;
}

function decodeNode(file: SerialisedNode): ProgramNode {
  return kindOf(file).decode(file);
}
