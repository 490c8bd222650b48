import { readFile } from 'node:fs/promises';
import { CeremonyError } from '../../../groth16/setup/ceremony/errors.ts';
import { startCeremony, type CeremonyToStart } from '../../../groth16/setup/ceremony/start.ts';
import type { CeremonyTranscript } from '../../../groth16/setup/ceremony/transcript.ts';
import { circuitArtifacts, hasKeys } from '../../../protocol/manifest.ts';
import { expectDigest } from '../../../protocol/store/expect-digest.ts';
import { readManifest, sliceFile } from '../folder.ts';
import { signalsOf } from './circuits.ts';

export interface ModelCeremonyToStart extends Omit<CeremonyToStart, 'name' | 'circuits'> {
  /** Folder of a built model. */
  readonly model: string;
}

/**
 * Starts a ceremony for all provable slices of a built model: keys without any contribution yet.
 * @throws CeremonyError as startCeremony, CEREMONY_NO_CIRCUIT; StoreError STORE_WRONG_BYTES when a circuit is not the one of
 * the manifest
 */
export async function initCeremony({ model, ...options }: ModelCeremonyToStart): Promise<CeremonyTranscript> {
  const { name, slices } = await readManifest(model);
  const circuits = slices.filter(hasKeys).map((slice) => ({
    slice: slice.id,
    signals: signalsOf(slice),
    read: async () => {
      const from = sliceFile(model, slice.id, 'r1cs');
      return expectDigest(await readFile(from), circuitArtifacts(slice).r1cs.sha256, from);
    },
  }));
  if (circuits.length === 0) throw new CeremonyError('CEREMONY_NO_CIRCUIT', `${name} has no provable slice`);
  return startCeremony({ ...options, name, circuits });
}
