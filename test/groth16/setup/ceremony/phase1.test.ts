import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPhase1 } from '../../../../groth16/setup/ceremony/phase1.ts';
import { PUBLISHED_PHASE1 } from '../../../../groth16/setup/ceremony/published-phase1.ts';
import { rehearsalPhase1 } from '../../../../groth16/setup/ceremony/rehearsal.ts';
import { sampleDevelopmentPhase1 } from '../../../../groth16/setup/trapdoor.ts';
import { stopSnarkjs } from '../../prove/snarkjs.ts';
import { patched } from '../../formats/bytes.ts';
import { phase2File } from '../phase2-file.ts';

const POWER = 4;
const secrets = sampleDevelopmentPhase1(randomBytes);
let folder: string;
let file: string;
let bytes: Uint8Array;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-phase1-'));
  file = path.join(folder, 'rehearsal.ptau');
  bytes = await rehearsalPhase1(secrets, POWER, 2);
  await writeFile(file, bytes);
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await stopSnarkjs();
});

describe('a phase 1 for rehearsals', () => {
  it('is byte for byte what snarkjs prepares from the same secrets', async () => {
    expect(Buffer.compare(bytes, await phase2File(secrets, POWER))).toBe(0);
  });
});

describe('a phase-1 file', () => {
  it('is refused when its hash is none of the published ones, unless that is allowed', async () => {
    await expect(readPhase1(file, false)).rejects.toMatchObject({ code: 'PHASE1_UNPUBLISHED' });
    expect(await readPhase1(file, true)).toMatchObject({ power: POWER, published: null });
  });

  it.each<[string, (good: Uint8Array) => Uint8Array]>([
    ['PHASE1_MALFORMED', (good) => good.subarray(0, good.length - 1)],
    ['PHASE1_MALFORMED', (good) => good.subarray(0, 30)],
    ['PHASE1_MALFORMED', (good) => patched(good, 0, [0])],
    ['PHASE1_MALFORMED', (good) => patched(good, 24 + 4, [0])],
    ['PHASE1_MALFORMED', (good) => patched(good, 24 + 36, [29])],
    // The section after the header, renamed to one that is there already, and to one that nobody asks for.
    ['PHASE1_MALFORMED', (good) => patched(good, 24 + 44, [1])],
    ['PHASE1_UNPREPARED', (good) => renamed(good, 14, 99)],
  ])('is refused as %s', async (code, change) => {
    const bad = path.join(folder, 'bad.ptau');
    await writeFile(bad, change(bytes));
    await expect(readPhase1(bad, true)).rejects.toMatchObject({ code });
  });

  it('is missed by name', async () => {
    await expect(readPhase1(path.join(folder, 'none'), true)).rejects.toMatchObject({
      code: 'PHASE1_UNREADABLE',
    });
  });
});

describe('the pinned hashes', () => {
  it("are those of snarkjs's README, all of them", async () => {
    const readme = await readFile(
      path.join(path.dirname(createRequire(import.meta.url).resolve('snarkjs')), '..', 'README.md'),
      'utf8',
    );
    const rows = [...readme.matchAll(/^\|\s+(\d+)\s.*\[(\S+\.ptau)\].*\|\s+([0-9a-f]{128})\s+\|$/gm)];
    expect(rows.map(([, power, name, blake2b]) => ({ name, power: Number(power), blake2b }))).toEqual(
      PUBLISHED_PHASE1,
    );
    expect(rows.length).toBe(21);
  });
});

/** The file with the section of this number called by another. */
function renamed(good: Uint8Array, from: number, to: number): Uint8Array {
  const view = new DataView(good.buffer, good.byteOffset, good.byteLength);
  let at = 12;
  while (view.getUint32(at, true) !== from) at += 12 + Number(view.getBigUint64(at + 4, true));
  return patched(good, at, [to]);
}
