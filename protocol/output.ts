import { packValues, type TensorSpec } from './commitment/commit.ts';
import type { OpenTensor } from './tensor-bundle.ts';

/** What opens an output's commitment on chain: OutputOpening of the market. */
export interface OutputOpening {
  readonly salt: bigint;
  /** The values as the commitment packs them. */
  readonly words: bigint[];
}

/** A tensor as the market takes it. */
export function openingOf(spec: TensorSpec, { values, salt }: OpenTensor): OutputOpening {
  return { salt, words: packValues(spec, values) };
}
