import { z } from 'zod';
import { decodeJson } from '../../protocol/json.ts';
import { PolicyError } from './errors.ts';

const valuesSchema = z
  .array(
    z.strictObject({
      slice: z.number().int().min(0).max(255),
      likelihood: z.number().min(0).max(1e12).optional(),
      stake: z.number().min(0).max(1e30).optional(),
    }),
  )
  .max(256)
  .refine(
    (values) => new Set(values.map(({ slice }) => slice)).size === values.length,
    'each slice may be named once',
  );

/** What is likely and what is at stake in some slices; the others keep what they have. */
export type SliceValues = z.infer<typeof valuesSchema>;

/** Longest text that is read: 1 MiB. */
const MAX_BYTES = 1 << 20;

/** @throws PolicyError POLICY_VALUES */
export function parseValues(text: string): SliceValues {
  return decodeJson(Buffer.from(text), {
    schema: valuesSchema,
    maxBytes: MAX_BYTES,
    refuse: (reason, cause) =>
      new PolicyError(
        'POLICY_VALUES',
        `expected a list like [{"slice": 3, "stake": 10, "likelihood": 0.5}]: ${reason}`,
        { cause },
      ),
  });
}
