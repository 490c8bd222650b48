import { z } from 'zod';
import { base64, decodeInt32, encodeInt32 } from '../constants.ts';
import { IntegerProgramError } from '../errors.ts';
import { exact, exacts, ints, larger, minus, plus, smaller } from '../exact.ts';
import { expect, expectShape } from '../expect.ts';
import { inRange } from '../interval.ts';
import { unaryFields, type NodeKind } from './kind.ts';

/** q = values[x − first]: any function of an integer whose interval lies in the table. */
export interface TableNode {
  readonly kind: 'table';
  readonly name: string;
  readonly input: number;
  readonly output: number;
  /** The argument of values[0]. */
  readonly first: number;
  readonly values: Int32Array;
}

/** Entries of a table: one for each argument of 12 bits. */
export const MOST_TABLE_VALUES = 4096;

const schema = z.strictObject({
  kind: z.literal('table'),
  ...unaryFields,
  first: z.int(),
  values: base64.max(4 * Math.ceil((4 * MOST_TABLE_VALUES) / 3)),
});

export const table = {
  schema,
  encode: ({ kind, name, input, output, first, values }) => ({
    kind,
    name,
    input,
    output,
    first,
    values: encodeInt32(values),
  }),
  decode: (file) => ({ ...file, values: decodeInt32(file.name, file.values) }),
  validate(node, tensors) {
    const { name, first, values } = node;
    expectShape(node, tensors[node.input].shape, tensors[node.output].shape);
    const fits = values.length >= 1 && values.length <= MOST_TABLE_VALUES;
    expect(fits, `${name}: expected 1 to ${MOST_TABLE_VALUES} values, got ${values.length}`);
    const ends = [first, first + (values.length - 1)];
    expect(ends.every(Number.isSafeInteger), `${name}: its first and last argument are no safe integers`);
  },
  interval(node, tensors, intervals) {
    const { name, first, values } = node;
    const input = intervals[node.input];
    const low = exacts(input.low.length);
    const high = exacts(input.low.length);
    const last = plus(exact(first), exact(values.length - 1));
    for (let e = 0; e < low.length; e++) {
      if (e > 0 && input.low[e] === input.low[e - 1] && input.high[e] === input.high[e - 1]) {
        [low[e], high[e]] = [low[e - 1], high[e - 1]];
        continue;
      }
      if (input.low[e] < first || input.high[e] > last) {
        throw new IntegerProgramError(
          'INTEGER_TABLE_DOMAIN',
          `${name}: expected arguments from ${first} to ${last}, channel ${e} can be ${input.low[e]} … ${input.high[e]}`,
          { hint: 'Rescale the argument into the bits that the table is for.' },
        );
      }
      const from = minus(input.low[e], exact(first));
      const reached = ints(values).subarray(from, plus(minus(input.high[e], exact(first)), 1));
      low[e] = reached.reduce(smaller, reached[0]);
      high[e] = reached.reduce(larger, reached[0]);
    }
    return inRange(node, tensors, { low, high, run: input.run });
  },
  evaluate: ({ input, first, values }, _, tensors) => tensors[input].map((x) => values[x - first]),
} satisfies NodeKind<TableNode, z.infer<typeof schema>>;
