import { readFile } from 'node:fs/promises';
import type { CeremonyTranscript } from './transcript.ts';
import { SliceproofError } from '../../../protocol/errors.ts';
import { loadBn254, type Bn254 } from '../../curve/bn254-wasm.ts';
import { publicSignalCount } from '../../formats/r1cs.ts';
import { readR1cs } from '../../formats/r1cs-file.ts';
import { sha256Of } from '../../formats/sha256.ts';
import type { VerifyingKeyJson } from '../../formats/verifying-key.ts';
import { readZkey } from '../../formats/zkey-file.ts';
import { sharedSecrets } from '../../audit/shared-secrets.ts';
import { verifyingKeyOf } from '../verifying-key-of.ts';
import { readHistory } from './contributions.ts';
import { CeremonyError } from './errors.ts';
import { circuitFile, keyFile, readTranscript } from './folder.ts';
import { historyProblem } from './history.ts';
import { pointsProblem } from '../../audit/key-points.ts';
import { readPhase1, type Phase1File } from './phase1.ts';
import { sigmaProblem } from './sigma.ts';
import { openSnarkjs, type Snarkjs } from './snarkjs.ts';

export interface CeremonyToVerify {
  readonly folder: string;
  /** The phase-1 file that it started from. */
  readonly phase1: string;
  readonly allowUnpublished: boolean;
  readonly onProgress?: (done: number, total: number) => void;
}

/** What a ceremony's keys are worth. */
export interface CeremonyReport {
  readonly transcript: CeremonyTranscript;
  /** Whether the beacon is in. */
  readonly finished: boolean;
  /** One a circuit; without a problem the key is the one that the transcript says, and no one alone knows its δ. */
  readonly circuits: readonly { readonly slice: number; readonly problem?: string }[];
  /** Secrets that two circuits have in common, which honest contributors never leave. */
  readonly shared: readonly string[];
}

/** The first thing that is wrong in a report; undefined: nothing. */
export function reportProblem({ circuits, shared }: CeremonyReport): string | undefined {
  const bad = circuits.find(({ problem }) => problem !== undefined);
  return bad === undefined ? shared.at(0) : `the key of slice ${bad.slice}: ${bad.problem}`;
}

/**
 * Checks everything that a ceremony claims, from its folder and the phase-1 file: what a contributor looks at before
 * contributing, and everybody else in the end.
 * @throws CeremonyError PHASE1_*, CEREMONY_FOLDER, CEREMONY_PHASE1: another phase-1 file; BadInputError
 * CEREMONY_TRANSCRIPT. What is wrong with a key is in the report.
 */
export async function verifyCeremony(options: CeremonyToVerify): Promise<CeremonyReport> {
  const { folder, onProgress = () => undefined } = options;
  const transcript = await readTranscript(folder);
  const phase1 = await expectPhase1(transcript, options.phase1, options.allowUnpublished);
  const tools = { curve: await loadBn254(), snarkjs: openSnarkjs() };
  try {
    const circuits: { slice: number; problem?: string }[] = [];
    const keys: { slice: number; key: VerifyingKeyJson }[] = [];
    for (const [index, { slice }] of transcript.circuits.entries()) {
      onProgress(index, transcript.circuits.length);
      const files = {
        r1cs: circuitFile(folder, slice),
        zkey: keyFile(folder, transcript.rounds.length, slice),
      };
      const problem = await keyProblem(tools, transcript, phase1, index, files);
      circuits.push({ slice, problem });
      if (problem === undefined && transcript.rounds.length > 0) {
        keys.push({ slice, key: verifyingKeyOf(tools.curve, await readFile(files.zkey)) });
      }
    }
    return { transcript, finished: isFinished(transcript), circuits, shared: sharedSecrets(keys) };
  } finally {
    await tools.snarkjs.close();
  }
}

/**
 * The phase-1 file that a transcript names.
 * @throws CeremonyError PHASE1_*, CEREMONY_PHASE1
 */
export async function expectPhase1(
  transcript: CeremonyTranscript,
  file: string,
  allowUnpublished: boolean,
): Promise<Phase1File> {
  const phase1 = await readPhase1(file, allowUnpublished);
  const { blake2b, published, power } = transcript.phase1;
  if (phase1.blake2b !== blake2b || phase1.published !== published || phase1.power !== power) {
    throw new CeremonyError(
      'CEREMONY_PHASE1',
      `the ceremony started from ${published ?? `an unpublished file (${blake2b.slice(0, 18)}…)`}, ${file} is another`,
      { details: { expected: transcript.phase1, came: phase1 } },
    );
  }
  return phase1;
}

/** Whether the beacon is in. */
export function isFinished({ rounds }: CeremonyTranscript): boolean {
  return rounds.at(-1)?.kind === 'beacon';
}

/**
 * What is wrong with one key; undefined: nothing. That is: circuit and key are the transcript's, the key's own
 * record is the transcript's, its points are in their groups, and snarkjs's `zkey verify` finds that it is the
 * circuit's key from this phase 1 with these contributions and no others.
 */
export async function keyProblem(
  { curve, snarkjs }: { readonly curve: Bn254; readonly snarkjs: Snarkjs },
  transcript: CeremonyTranscript,
  phase1: Phase1File,
  index: number,
  files: { readonly r1cs: string; readonly zkey: string },
): Promise<string | undefined> {
  try {
    const circuit = await readFile(files.r1cs);
    const { r1cs: named, publicWires } = transcript.circuits[index];
    if (sha256Of(circuit) !== named || publicSignalCount(readR1cs(circuit)) !== publicWires) {
      return 'the circuit is not the transcript’s';
    }
    const bytes = await readFile(files.zkey);
    const last = transcript.rounds.at(-1);
    if (last !== undefined && sha256Of(bytes) !== last.keys[index].sha256) {
      return 'the key is not the transcript’s';
    }
    const key = readZkey(bytes);
    const problem =
      historyProblem(transcript, index, readHistory(curve, key.contributions)) ??
      sigmaProblem(curve, bytes, transcript, index) ??
      // Before the first contribution δ is γ, and nobody is to use the key.
      (transcript.rounds.length > 0 ? await pointsProblem(curve, key, bytes) : undefined);
    if (problem !== undefined) return problem;
  } catch (error) {
    if (error instanceof SliceproofError || 'syscall' in (error as object)) return (error as Error).message;
    throw error;
  }
  const { r1cs, zkey } = files;
  const answer = await snarkjs.call({ what: 'verify', r1cs, phase1: phase1.file, zkey });
  return answer.done ? undefined : `snarkjs zkey verify: ${answer.reasons.join('; ') || 'it does not hold'}`;
}
