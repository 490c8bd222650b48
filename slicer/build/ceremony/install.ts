import { cp, copyFile, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { encodeTranscript } from '../../../groth16/setup/ceremony/transcript.ts';
import { encodeManifest, type Manifest } from '../../../protocol/manifest.ts';
import { artifactOf } from '../../../protocol/store/digest.ts';
import { MANIFEST_FILE, readManifest, replaceFolder, sliceFile, stagingFolder } from '../folder.ts';
import { expectCircuitsOf } from './circuits.ts';
import { loadBn254 } from '../../../groth16/curve/bn254-wasm.ts';
import { verifyingKeyOf } from '../../../groth16/setup/verifying-key-of.ts';
import { CeremonyError } from '../../../groth16/setup/ceremony/errors.ts';
import { keyFile, readTranscript, TRANSCRIPT_FILE } from '../../../groth16/setup/ceremony/folder.ts';
import {
  isFinished,
  reportProblem,
  verifyCeremony,
  type CeremonyToVerify,
} from '../../../groth16/setup/ceremony/verify.ts';

export interface CeremonyToInstall extends CeremonyToVerify {
  /** Folder of the built model whose keys are replaced. */
  readonly model: string;
}

/**
 * Verifies a finished ceremony and puts its keys and its transcript into the model that it was about. The folder is
 * replaced whole, or not at all.
 * @returns the manifest as it is now
 * @throws CeremonyError as verifyCeremony, CEREMONY_UNFINISHED, CEREMONY_INVALID, CEREMONY_MODEL
 */
export async function installCeremony(options: CeremonyToInstall): Promise<Manifest> {
  const { model, folder } = options;
  const manifest = await readManifest(model);
  const transcript = await readTranscript(folder);
  expectCircuitsOf(transcript, manifest);
  if (!isFinished(transcript)) {
    throw new CeremonyError('CEREMONY_UNFINISHED', 'the ceremony has no beacon yet', {
      hint: 'End it with `sliceproof setup beacon`.',
    });
  }
  const problem = reportProblem(await verifyCeremony(options));
  if (problem !== undefined) throw new CeremonyError('CEREMONY_INVALID', problem);

  const curve = await loadBn254();
  const { folder: staging, remove } = await stagingFolder(model);
  try {
    await cp(model, staging, { recursive: true });
    const slices = [];
    for (const slice of manifest.slices) {
      if (!slice.provable) {
        slices.push(slice);
        continue;
      }
      const from = keyFile(folder, transcript.rounds.length, slice.id);
      await copyFile(from, sliceFile(staging, slice.id, 'provingKey'));
      const bytes = await readFile(from);
      const verifying = Buffer.from(JSON.stringify(verifyingKeyOf(curve, bytes)));
      await writeFile(sliceFile(staging, slice.id, 'verifyingKey'), verifying);
      const keys = { provingKey: artifactOf(bytes), verifyingKey: artifactOf(verifying) };
      slices.push({ ...slice, setupSeconds: 0, artifacts: { ...slice.artifacts, ...keys } });
    }
    const encoded = encodeTranscript(transcript);
    await writeFile(path.join(staging, TRANSCRIPT_FILE), encoded);
    const after: Manifest = { ...manifest, setup: 'ceremony', transcript: artifactOf(encoded), slices };
    await writeFile(path.join(staging, MANIFEST_FILE), encodeManifest(after));
    await replaceFolder(staging, model);
    return after;
  } finally {
    await remove();
  }
}
