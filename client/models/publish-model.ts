import { readManifest } from '../../slicer/build/folder.ts';
import type { Client } from '../client.ts';
import { withExternals, type ExternalSlice } from './externals.ts';
import { registerBuild, type PublishedModel, type PublishProgress } from './register-build.ts';

/**
 * Publishes what `sliceproof model build` made: rehearses it, then puts artifacts into the store, and circuits and model into
 * the registries. Done again, it finds everything there and sends no transaction twice.
 * @param folder of the built model, with `manifest.json`
 * @param externals slices that other systems prove; their circuits and keys from the build aren't published
 * @throws BuildError BUILD_CIRCUIT where program, ONNX model and circuit of a slice contradict each other, BUILD_FILE;
 * BadInputError MANIFEST_MALFORMED, VERIFYING_KEY_MALFORMED, EXTERNALS_SLICE; ExecuteError EXECUTE_FOREIGN,
 * EXECUTE_NOT_A_SLICE for a slice's ONNX model that no node would run; StoreError STORE_WRONG_BYTES when a file is
 * not the one that the manifest names; ChainError CHAIN_REVERTED
 */
export async function publishModel(
  client: Client,
  folder: string,
  onProgress: (progress: PublishProgress) => void = () => undefined,
  externals: readonly ExternalSlice[] = [],
): Promise<PublishedModel> {
  const manifest = withExternals(await readManifest(folder), externals);
  const total = manifest.slices.length;
  // The compiler takes its time to load: only who publishes needs it.
  const { rehearseBuild } = await import('../../slicer/audit/rehearse-build.ts');
  await rehearseBuild(folder, manifest, (done) => onProgress({ step: 'rehearse', done, total }));
  return registerBuild(client, folder, onProgress, externals);
}
