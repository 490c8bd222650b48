import { z } from 'zod';
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

/** @throws PolicyError POLICY_VALUES */
export function parseValues(text: string): SliceValues {
  try {
    return valuesSchema.parse(JSON.parse(text));
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    throw new PolicyError(
      'POLICY_VALUES',
      `expected a list like [{"slice": 3, "stake": 10, "likelihood": 0.5}]: ${reason}`,
      { cause },
    );
  }
}
