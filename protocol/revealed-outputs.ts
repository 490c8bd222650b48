import { commitTensor, unpackValues } from './commitment/commit.ts';
import { specOf, type Manifest } from './manifest.ts';
import type { OpenTensor } from './tensor-bundle.ts';

/** An output as the chain shows it: salt and packed values, as `packValues` makes them. */
export interface RevealedOutput {
  readonly salt: bigint;
  readonly words: readonly bigint[];
}

/**
 * What the chain shows of a job's outputs, in the model's order, checked against the trace again.
 * @param trace commitments by tensor id
 * @returns undefined where nothing is shown, or not what is committed to
 */
export function openRevealed(
  { tensors, outputs }: Pick<Manifest, 'tensors' | 'outputs'>,
  trace: readonly string[],
  revealed: readonly RevealedOutput[] | undefined,
): readonly OpenTensor[] | undefined {
  if (revealed?.length !== outputs.length) return undefined;
  const opened = revealed.map(({ salt, words }, i) => ({
    salt,
    values: unpackValues(specOf(tensors[outputs[i]]), words),
  }));
  const holds = opened.every(
    ({ salt, values }, i) =>
      commitTensor(specOf(tensors[outputs[i]]), values, salt) === BigInt(trace[outputs[i]]),
  );
  return holds ? opened : undefined;
}
