import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { unfinished } from '../../../protocol/files/unfinished.ts';
import { loadBn254 } from '../../curve/bn254-wasm.ts';
import { publicSignalCount } from '../../formats/r1cs.ts';
import { readR1cs } from '../../formats/r1cs-file.ts';
import { sha256Of } from '../../formats/sha256.ts';
import { readZkey } from '../../formats/zkey-file.ts';
import { committedWires } from '../../lookups/committed-wires.ts';
import { domainSizeOf } from '../evaluate.ts';
import { readHistory } from './contributions.ts';
import { CeremonyError } from './errors.ts';
import { circuitFile, expectFree, keyFile, roundFolder, writeTranscript } from './folder.ts';
import { readPhase1, type Phase1File } from './phase1.ts';
import { beginSigma } from './sigma.ts';
import { openSnarkjs } from './snarkjs.ts';
import type { CeremonyTranscript } from './transcript.ts';

/** A circuit that gets a key. */
export interface CircuitToSetUp {
  /** Its number in the transcript. */
  readonly slice: number;
  /** Public wires that a verifier is given; a challenge and committed wires may follow them. */
  readonly signals: number;
  /** The bytes of its .r1cs file. */
  readonly read: () => Promise<Uint8Array>;
}

export interface CeremonyToStart {
  /** What the transcript says that the circuits belong to. */
  readonly name: string;
  readonly circuits: readonly CircuitToSetUp[];
  /** A .ptau file, prepared for phase 2. */
  readonly phase1: string;
  /** Take a phase-1 file of which no hash is pinned: whoever made it may forge proofs. */
  readonly allowUnpublished: boolean;
  /** The folder that the ceremony becomes. */
  readonly out: string;
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Starts a ceremony: keys without any contribution yet.
 * @throws CeremonyError PHASE1_*, CEREMONY_FOLDER, CEREMONY_PHASE1_TOO_SMALL, CEREMONY_SNARKJS; what a circuit's `read` throws
 */
export async function startCeremony(options: CeremonyToStart): Promise<CeremonyTranscript> {
  const { name, circuits, out, onProgress = () => undefined } = options;
  await expectFree(out);
  const phase1 = await readPhase1(options.phase1, options.allowUnpublished);
  await mkdir(path.dirname(path.resolve(out)), { recursive: true });
  const staging = await mkdtemp(`${path.resolve(out)}.starting-`);
  const finished = unfinished(staging);
  const snarkjs = openSnarkjs();
  try {
    const curve = await loadBn254();
    await mkdir(path.join(staging, 'circuits'));
    await mkdir(roundFolder(staging, 0));
    const started: CeremonyTranscript['circuits'] = [];
    for (const { slice, signals, read } of circuits) {
      onProgress(started.length, circuits.length);
      const bytes = await read();
      const publicWires = checkedPublicWires(slice, bytes, phase1);
      const r1cs = circuitFile(staging, slice);
      await writeFile(r1cs, bytes);
      const to = keyFile(staging, 0, slice);
      const answer = await snarkjs.call({ what: 'new', r1cs, phase1: phase1.file, to });
      if (!answer.done) throw refused(`to start the key of slice ${slice}`, answer.reasons);
      const key = await readFile(to);
      const { circuitHash } = readHistory(curve, readZkey(key).contributions);
      const committed = committedWires(signals, publicWires);
      if (committed > 0) await writeFile(to, beginSigma(curve, key, committed));
      started.push({
        slice,
        r1cs: sha256Of(bytes),
        circuitHash,
        publicWires,
        ...(committed === 0 ? {} : { committed }),
      });
    }
    const transcript = transcriptOf(name, phase1, started);
    await writeTranscript(staging, transcript);
    await rm(out, { recursive: true, force: true });
    await rename(staging, out);
    return transcript;
  } finally {
    await snarkjs.close();
    await rm(staging, { recursive: true, force: true });
    finished();
  }
}

/** Public wires of a circuit that the phase 1 has enough powers for. */
function checkedPublicWires(slice: number, bytes: Uint8Array, phase1: Phase1File): number {
  const circuit = readR1cs(bytes);
  const power = Math.log2(domainSizeOf(circuit));
  if (power > phase1.power) {
    throw new CeremonyError(
      'CEREMONY_PHASE1_TOO_SMALL',
      `slice ${slice} needs a phase 1 for 2^${power} rows, this one has 2^${phase1.power}`,
      { hint: `Take powersOfTau28_hez_final_${String(power).padStart(2, '0')}.ptau or a larger one.` },
    );
  }
  return publicSignalCount(circuit);
}

function transcriptOf(
  name: string,
  { published, blake2b, power }: Phase1File,
  circuits: CeremonyTranscript['circuits'],
): CeremonyTranscript {
  return {
    format: 'sliceproof-ceremony/1',
    model: name,
    phase1: { published, blake2b, power },
    circuits,
    rounds: [],
  };
}

/** What snarkjs would not do, in its own words. */
export function refused(what: string, reasons: readonly string[]): CeremonyError {
  return new CeremonyError(
    'CEREMONY_SNARKJS',
    `snarkjs refused ${what}: ${reasons.join('; ') || 'no reason given'}`,
  );
}
