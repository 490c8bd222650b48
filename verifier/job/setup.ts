import { decodeTranscript, MAX_TRANSCRIPT_BYTES } from '../../groth16/setup/ceremony/transcript.ts';
import { PUBLISHED_PHASE1 } from '../../groth16/setup/ceremony/published-phase1.ts';
import type { Manifest } from '../../protocol/manifest.ts';
import { artifactOf } from '../../protocol/store/digest.ts';
import type { ArtifactStore } from '../../protocol/store/store.ts';
import { ReceiptError } from '../errors.ts';

/** What is known of the setup that a model's keys came from. */
export type SetupReport =
  /** Whoever ran it can forge proofs. */
  | { readonly kind: 'development' }
  | {
      /** Its publisher names a transcript. That it was held as written there is claimed: `model audit` checks it. */
      readonly kind: 'ceremony';
      /** Name of the published phase-1 file with the transcript's hash; null: it is none, and whoever made it may know all. */
      readonly phase1: string | null;
      readonly contributions: number;
    };

/** The transcript's text that a manifest names; null where there was no ceremony. @throws StoreError */
export async function readTranscript(store: ArtifactStore, { transcript }: Manifest): Promise<string | null> {
  if (transcript === undefined) return null;
  const bytes = await store.get(transcript.sha256, { maxBytes: MAX_TRANSCRIPT_BYTES });
  return Buffer.from(bytes).toString('utf8');
}

/**
 * What the transcript that a manifest names says: its own name for the phase-1 file counts for nothing, the hash does.
 * @throws ReceiptError RECEIPT_TRANSCRIPT_MISMATCH; BadInputError CEREMONY_TRANSCRIPT
 */
export function reportSetup({ transcript }: Manifest, text: string | null): SetupReport {
  const sha256 = text === null ? undefined : artifactOf(Buffer.from(text)).sha256;
  if (sha256 !== transcript?.sha256) {
    throw new ReceiptError(
      'RECEIPT_TRANSCRIPT_MISMATCH',
      `expected ${transcript === undefined ? 'no transcript' : `the transcript ${transcript.sha256}`}, got ${sha256 ?? 'none'}`,
    );
  }
  if (text === null) return { kind: 'development' };
  const { phase1, rounds } = decodeTranscript(Buffer.from(text));
  const published = PUBLISHED_PHASE1.find(({ blake2b }) => `0x${blake2b}` === phase1.blake2b);
  return {
    kind: 'ceremony',
    phase1: published?.name ?? null,
    contributions: rounds.filter(({ kind }) => kind === 'contribution').length,
  };
}
