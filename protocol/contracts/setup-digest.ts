import { sha256, toUtf8Bytes } from 'ethers';
import { hasKeys, type Manifest, type ManifestSlice } from '../manifest.ts';

/**
 * What the registry keeps as `setupDigest` of the circuits with keys: the transcript's sha-256, or that of the words that
 * say that there is none.
 */
export function setupDigestOf({ setup, transcript }: Pick<Manifest, 'setup' | 'transcript'>): string {
  return transcript?.sha256 ?? sha256(toUtf8Bytes(JSON.stringify({ setup })));
}

/** The same of one slice; of an external verifier it is its description's. Undefined: it has no circuit. */
export function setupDigestOfSlice(manifest: Manifest, slice: ManifestSlice): string | undefined {
  return hasKeys(slice) ? setupDigestOf(manifest) : slice.external?.description.sha256;
}
