import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import {
  beaconIterationsSchema,
  beaconSchema,
  contributorSchema,
  type CeremonyRound,
  type CeremonyTranscript,
} from './transcript.ts';
import { BadInputError } from '../../../protocol/errors.ts';
import { loadBn254, type Bn254 } from '../../curve/bn254-wasm.ts';
import { sha256Of } from '../../formats/sha256.ts';
import { readZkey } from '../../formats/zkey-file.ts';
import { readHistory } from './contributions.ts';
import { CeremonyError } from './errors.ts';
import { keyFile, readTranscript, removeOtherRounds, writeTranscript, writeWhole } from './folder.ts';
import { historyProblem } from './history.ts';
import { refused } from './start.ts';
import { sigmaPointOf, sigmaProblem, stepSigma } from './sigma.ts';
import { openSnarkjs } from './snarkjs.ts';
import type { SnarkjsCall } from './snarkjs-messages.ts';
import type { z } from 'zod';

type Progress = (done: number, total: number) => void;

export interface ContributionToMake {
  /** The ceremony's folder. */
  readonly folder: string;
  /** Who contributes. */
  readonly name: string;
  /** Mixed with the system's randomness; nothing rests on it. */
  readonly entropy?: string;
  readonly onProgress?: Progress;
}

/**
 * Contributes fresh randomness to every key, one after the other. What was cut off goes on where it stopped when
 * it is called again with the same name; keys of other rounds are removed once the new one counts.
 * @returns the transcript with this round in it
 * @throws CeremonyError CEREMONY_FOLDER, CEREMONY_FINISHED, CEREMONY_KEY_CHANGED, CEREMONY_ROUND_STARTED,
 * CEREMONY_SNARKJS; BadInputError CEREMONY_NAME
 */
export async function contribute(options: ContributionToMake): Promise<CeremonyTranscript> {
  const { folder, entropy = '', onProgress } = options;
  const name = parsed(contributorSchema, options.name, 'CEREMONY_NAME');
  return playRound(folder, onProgress, { kind: 'contribution', name }, (from, to) => ({
    what: 'contribute',
    from,
    to,
    name,
    // snarkjs hashes this with 64 random bytes of its own; a fresh one for every key.
    entropy: randomBytes(64).toString('hex') + entropy,
  }));
}

export interface BeaconToApply {
  readonly folder: string;
  /** Public randomness that nobody could know before the last contribution, in hexadecimal. */
  readonly beacon: string;
  /** It is hashed 2^this times. */
  readonly iterationsExponent: number;
  readonly name: string;
  readonly onProgress?: Progress;
}

/**
 * Ends a ceremony by public randomness. It needs a contribution before it: a beacon alone is known to all.
 * @throws CeremonyError as {@link contribute}, CEREMONY_NO_CONTRIBUTION; BadInputError CEREMONY_NAME,
 * CEREMONY_BEACON
 */
export async function applyBeacon(options: BeaconToApply): Promise<CeremonyTranscript> {
  const { folder, onProgress } = options;
  const beacon = parsed(beaconSchema, options.beacon.toLowerCase().replace(/^0x/, ''), 'CEREMONY_BEACON');
  const iterationsExponent = parsed(beaconIterationsSchema, options.iterationsExponent, 'CEREMONY_BEACON');
  const name = parsed(contributorSchema, options.name, 'CEREMONY_NAME');
  const { rounds } = await readTranscript(folder);
  if (rounds.length === 0) {
    throw new CeremonyError(
      'CEREMONY_NO_CONTRIBUTION',
      'expected at least one contribution before a beacon',
      {
        hint: 'Have people contribute first: `sliceproof setup contribute`.',
      },
    );
  }
  const round = { kind: 'beacon', name, beacon, iterationsExponent } as const;
  return playRound(folder, onProgress, round, (from, to) => ({ what: 'beacon', from, to, ...round }));
}

type NewRound = CeremonyRound extends infer R ? (R extends unknown ? Omit<R, 'keys'> : never) : never;

async function playRound(
  folder: string,
  onProgress: Progress = () => undefined,
  round: NewRound,
  callOf: (from: string, to: string) => SnarkjsCall,
): Promise<CeremonyTranscript> {
  const before = await readTranscript(folder);
  if (before.rounds.at(-1)?.kind === 'beacon') {
    throw new CeremonyError('CEREMONY_FINISHED', 'the beacon is in: nothing can follow it', {
      hint: 'Put the keys into the model with `sliceproof setup install`.',
    });
  }
  const count = before.rounds.length;
  const curve = await loadBn254();
  const snarkjs = openSnarkjs();
  try {
    const keys: CeremonyRound['keys'] = [];
    for (const [index, { slice, committed, circuitHash }] of before.circuits.entries()) {
      onProgress(index, before.circuits.length);
      const from = keyFile(folder, count, slice);
      const to = keyFile(folder, count + 1, slice);
      if (!existsSync(to)) {
        expectKey(curve, before, index, await readFile(from), from);
        await writeWhole(to, async (part) => {
          const answer = await snarkjs.call(callOf(from, part));
          if (!answer.done) throw refused(`the key of slice ${slice}`, answer.reasons);
          if (committed === undefined) return;
          const [old, key] = [await readFile(from), await readFile(part)];
          await writeFile(part, stepSigma(curve, old, key, round, circuitHash));
        });
      }
      keys.push(madeKey(curve, before, round, index, await readFile(to), to));
    }
    const after = { ...before, rounds: [...before.rounds, { ...round, keys }] };
    await writeTranscript(folder, after);
    await removeOtherRounds(folder, count + 1);
    return after;
  } finally {
    await snarkjs.close();
  }
}

/** The key that a round starts from must be the one that the transcript ends with. */
function expectKey(
  curve: Bn254,
  transcript: CeremonyTranscript,
  index: number,
  bytes: Uint8Array,
  file: string,
): void {
  const last = transcript.rounds.at(-1);
  const problem =
    last !== undefined && sha256Of(bytes) !== last.keys[index].sha256
      ? 'its sha-256 is another'
      : (historyProblem(transcript, index, readHistory(curve, readZkey(bytes).contributions)) ??
        sigmaProblem(curve, bytes, transcript, index));
  if (problem === undefined) return;
  throw new CeremonyError(
    'CEREMONY_KEY_CHANGED',
    `${file} is not the key that the transcript names: ${problem}`,
    {
      hint: 'Fetch the ceremony’s folder again from whoever contributed last.',
    },
  );
}

/** The entry of a key that this round made, now or before it was cut off. */
function madeKey(
  curve: Bn254,
  before: CeremonyTranscript,
  round: NewRound,
  index: number,
  bytes: Uint8Array,
  file: string,
): CeremonyRound['keys'][number] {
  const history = readHistory(curve, readZkey(bytes).contributions);
  const contribution = history.contributions.at(-1)?.hash ?? '';
  const sigma = sigmaPointOf(bytes);
  const entry = {
    sha256: sha256Of(bytes),
    contribution,
    ...(sigma === undefined ? {} : { sigma }),
  };
  // As the transcript will be, as far as this circuit is concerned.
  const after = {
    ...before,
    rounds: [...before.rounds, { ...round, keys: before.circuits.map(() => entry) }],
  };
  const problem = historyProblem(after, index, history) ?? sigmaProblem(curve, bytes, after, index);
  if (problem === undefined) return entry;
  throw new CeremonyError('CEREMONY_ROUND_STARTED', `${file} is of another round than this one: ${problem}`, {
    hint: 'Go on with the name that the round was started with, or remove its folder to start it again.',
  });
}

function parsed<T>(schema: z.ZodType<T>, value: unknown, code: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new BadInputError(code, `${result.error.issues[0].message}, got ${JSON.stringify(value)}`);
}
