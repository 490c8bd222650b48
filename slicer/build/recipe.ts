import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Manifest } from '../../protocol/manifest.ts';
import { BadInputError } from '../../protocol/errors.ts';
import type { Sample } from '../../protocol/samples.ts';
import { MODE_CHOICES } from '../plan/cost/cost-of.ts';
import { TASKS } from '../quantise/loss.ts';
import { PLAN_TARGETS } from '../plan/cost/target.ts';
import type { PlanModelOptions } from './plan-model.ts';

/** Options that decide what slices a model becomes, besides the model and the calibration samples. */
type DecidingOptions = Omit<PlanModelOptions, 'calibration' | 'onStep'>;

/** One entry for every deciding option: one that is missing here doesn't compile, since an audit couldn't repeat it. */
const recipeSchema = z.strictObject({
  accuracyBudget: z.number().positive().optional(),
  bits: z.object({ weights: z.number().int(), activations: z.number().int() }).optional(),
  budget: z.number().int().positive().optional(),
  minSlices: z.number().int().positive().optional(),
  target: z.enum(PLAN_TARGETS).optional(),
  provers: z.number().int().positive().optional(),
  dimensions: z.record(z.string().max(1000), z.number().int().positive()).optional(),
  mode: z.enum(MODE_CHOICES).optional(),
  task: z.enum(TASKS).optional(),
} satisfies Record<keyof DecidingOptions, z.ZodType>);

/** What a build was made with, for its manifest: enough to make it again from the same model and samples. */
export function recipeOf(options: PlanModelOptions): NonNullable<Manifest['recipe']> {
  const deciding = Object.fromEntries(
    Object.keys(recipeSchema.shape).map((name) => [name, options[name as keyof DecidingOptions]]),
  );
  return { calibration: samplesDigest(options.calibration), options: recipeSchema.parse(deciding) };
}

/**
 * The options of a recipe that was read from a manifest.
 * @throws BadInputError RECIPE_MALFORMED: e.g. of a later version, with options that this one doesn't know
 */
export function optionsOfRecipe({ options }: NonNullable<Manifest['recipe']>): DecidingOptions {
  const parsed = recipeSchema.safeParse(options);
  if (parsed.success) return parsed.data;
  throw new BadInputError('RECIPE_MALFORMED', `the build's options: ${z.prettifyError(parsed.error)}`);
}

/** How many samples, and sha-256 over their inputs' values as little-endian float32, each input after its length. */
export function samplesDigest(samples: readonly Sample[]): {
  readonly samples: number;
  readonly sha256: string;
} {
  const hash = createHash('sha256');
  for (const values of samples.flat()) {
    const bytes = new DataView(new ArrayBuffer(4 + 4 * values.length));
    bytes.setUint32(0, values.length, true);
    values.forEach((value, i) => bytes.setFloat32(4 + 4 * i, value, true));
    hash.update(new Uint8Array(bytes.buffer));
  }
  return { samples: samples.length, sha256: `0x${hash.digest('hex')}` };
}
