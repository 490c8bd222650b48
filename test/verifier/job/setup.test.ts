import { describe, expect, test } from 'vitest';
import { PUBLISHED_PHASE1 } from '../../../groth16/setup/ceremony/published-phase1.ts';
import { encodeTranscript, type CeremonyTranscript } from '../../../groth16/setup/ceremony/transcript.ts';
import type { Manifest } from '../../../protocol/manifest.ts';
import { artifactOf } from '../../../protocol/store/digest.ts';
import { printReceipt } from '../../../verifier/job/print-receipt.ts';
import { reportSetup } from '../../../verifier/job/setup.ts';
import type { VerifiedJob } from '../../../verifier/job/verify-job.ts';

const hash = (digit: string): string => `0x${digit.repeat(128)}`;
const key = { sha256: `0x${'1'.repeat(64)}`, contribution: hash('2') };
const transcriptOf = (phase1: CeremonyTranscript['phase1']): string =>
  Buffer.from(
    encodeTranscript({
      format: 'sliceproof-ceremony/1',
      model: 'tiny',
      phase1,
      circuits: [{ slice: 0, r1cs: key.sha256, circuitHash: hash('3'), publicWires: 3 }],
      rounds: [
        { kind: 'contribution', name: 'ann', keys: [key] },
        { kind: 'contribution', name: 'ben', keys: [key] },
        { kind: 'beacon', name: 'block', beacon: 'ab'.repeat(32), iterationsExponent: 10, keys: [key] },
      ],
    }),
  ).toString();
const manifestOf = (transcript: string): Manifest =>
  ({ setup: 'ceremony', transcript: artifactOf(Buffer.from(transcript)) }) as Manifest;

describe('the setup that a receipt tells of', () => {
  const [{ name, blake2b, power }] = PUBLISHED_PHASE1;

  test('is on a published phase 1 if the hash is, whatever the transcript calls it', () => {
    const published = transcriptOf({ published: null, blake2b: `0x${blake2b}`, power });
    expect(reportSetup(manifestOf(published), published)).toEqual({
      kind: 'ceremony',
      phase1: name,
      contributions: 2,
    });
    const rehearsal = transcriptOf({ published: name, blake2b: hash('4'), power });
    expect(reportSetup(manifestOf(rehearsal), rehearsal)).toMatchObject({ phase1: null });
  });

  test('has the transcript that the manifest names', () => {
    const transcript = transcriptOf({ published: name, blake2b: `0x${blake2b}`, power });
    const other = transcriptOf({ published: name, blake2b: hash('4'), power });
    const refused = expect.objectContaining({ code: 'RECEIPT_TRANSCRIPT_MISMATCH' }) as unknown;
    expect(() => reportSetup(manifestOf(transcript), other)).toThrow(refused);
    expect(() => reportSetup(manifestOf(transcript), null)).toThrow(refused);
    expect(() => reportSetup({ setup: 'development' } as Manifest, transcript)).toThrow(refused);
  });

  test('is warned of unless it was a ceremony on a published phase 1, and then it is claimed', () => {
    const printed = (setup: VerifiedJob['setup']): string => {
      let text = '';
      const word = `0x${'5'.repeat(64)}`;
      const receipt = {
        job: { jobId: word, requester: 'r', executor: 'e' },
        model: { name: 'tiny', modelId: word },
        trace: [word],
        inputCount: 1,
        slices: [],
        outputs: [],
        top: { index: 1, label: null },
        fullyProved: true,
      } as unknown as VerifiedJob['receipt'];
      const output = { json: false, write: (part: string) => void (text += part) };
      printReceipt(
        output,
        { receipt, setup, rechecked: false, rebuildable: undefined, inputOpened: true },
        {} as never,
      );
      return text;
    };
    expect(printed({ kind: 'development' })).toContain('beware');
    expect(printed({ kind: 'ceremony', phase1: null, contributions: 2 })).toContain('beware');
    const ceremony = printed({ kind: 'ceremony', phase1: name, contributions: 2 });
    expect(ceremony).not.toContain('beware');
    expect(ceremony).toMatch(/claimed.*2 contributions/);
  });
});
