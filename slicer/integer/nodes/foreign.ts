import { z } from 'zod';
import { base64 } from '../constants.ts';
import { IntegerProgramError } from '../errors.ts';
import { expect } from '../expect.ts';
import { uniformInterval } from '../interval.ts';
import { boundsOf, rangeOf } from '../tensor.ts';
import { nodeName, tensorIndex, type NodeKind } from './kind.ts';

/**
 * An ONNX operator that has no meaning in integers: it is run by ONNX Runtime on what its inputs stand for, and
 * its result is rounded to the output's scale. Nothing proves it, and two machines may round it differently.
 */
export interface ForeignNode {
  readonly kind: 'foreign';
  readonly name: string;
  /** In the order of the model's inputs. */
  readonly inputs: readonly number[];
  readonly output: number;
  readonly operator: string;
  /** The operator alone, as an ONNX model of floats. */
  readonly model: Uint8Array;
}

const schema = z.strictObject({
  kind: z.literal('foreign'),
  name: nodeName,
  inputs: z.array(tensorIndex).min(1).max(1024),
  output: tensorIndex,
  operator: nodeName,
  model: base64,
});

export const foreign = {
  schema,
  encode: ({ kind, name, inputs, output, operator, model }) => ({
    kind,
    name,
    inputs: [...inputs],
    output,
    operator,
    model: Buffer.from(model).toString('base64'),
  }),
  decode: (file) => ({ ...file, model: new Uint8Array(Buffer.from(file.model, 'base64')) }),
  validate({ name, output }, tensors) {
    expect(tensors[output].range !== undefined, `${name}: its output has no range`);
  },
  interval({ output }, tensors) {
    const { low, high } = boundsOf(rangeOf(tensors[output]));
    return uniformInterval(tensors[output].shape, low, high);
  },
  evaluate({ name, operator }): never {
    throw new IntegerProgramError(
      'PROGRAM_FOREIGN',
      `${name}: ${operator} has no meaning in integers, only ONNX Runtime can run it`,
    );
  },
} satisfies NodeKind<ForeignNode, z.infer<typeof schema>>;
