import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { MAX_TRANSCRIPT_BYTES } from '../../groth16/setup/ceremony/transcript.ts';
import { writeWhole } from '../../protocol/files/write-whole.ts';
import { artifactKinds, encodeManifest, type Manifest } from '../../protocol/manifest.ts';
import type { Artifact } from '../../protocol/store/digest.ts';
import { TRANSCRIPT_FILE } from '../../groth16/setup/ceremony/folder.ts';
import { MANIFEST_FILE, sliceFile } from '../../slicer/build/folder.ts';
import type { Client } from '../client.ts';

/**
 * Puts a published model's files into a folder as `sliceproof model build` leaves them, all but the float model,
 * which is not published.
 * @throws StoreError STORE_NOT_FOUND, STORE_WRONG_BYTES, STORE_TOO_LARGE, STORE_UNREACHABLE
 */
export async function fetchModel({ store }: Client, manifest: Manifest, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const slice of manifest.slices) {
    const { id, artifacts } = slice;
    for (const kind of artifactKinds(slice)) {
      const file = sliceFile(folder, id, kind);
      await mkdir(path.dirname(file), { recursive: true });
      const { sha256, bytes } = artifacts[kind] as Artifact;
      await writeWhole(file, await store.get(sha256, { maxBytes: bytes }));
    }
  }
  if (manifest.transcript !== undefined) {
    const options = { maxBytes: MAX_TRANSCRIPT_BYTES };
    await writeWhole(
      path.join(folder, TRANSCRIPT_FILE),
      await store.get(manifest.transcript.sha256, options),
    );
  }
  await writeWhole(path.join(folder, MANIFEST_FILE), encodeManifest(manifest));
}
