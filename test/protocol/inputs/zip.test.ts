// Archives that are not what they say.
import { deflateRawSync } from 'node:zlib';
import { zipSync } from 'fflate';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readNpz } from '../../../protocol/inputs/npz.ts';
import { zipEntries } from '../../../protocol/inputs/zip.ts';

const body = Uint8Array.from({ length: 500 }, (_, i) => (i * i) % 251);
const packed = (level: 0 | 9): Buffer => Buffer.from(zipSync({ 'x.npy': [body, { level }] }));
const refused = (message: RegExp): unknown =>
  expect.objectContaining({ code: 'INPUT_FORMAT', message: expect.stringMatching(message) as string });
const wanted = { name: 'x', place: 0, of: 1, shape: [1, 1], whole: false };
const DIRECTORY_ENTRY = Buffer.from([0x50, 0x4b, 1, 2]);

describe('archives', () => {
  it('come back as they were packed', () => {
    const names = fc.stringMatching(/^[a-z]{1,9}$/);
    const files = fc.dictionary(names, fc.uint8Array({ maxLength: 300 }));
    fc.assert(
      fc.property(files, fc.constantFrom<0 | 6 | 9>(0, 6, 9), (given, level) => {
        const entries = zipEntries(zipSync({ ...given }, { level }));
        const back = entries.map((entry) => [entry.name, Uint8Array.from(entry.unpack())] as const);
        expect(Object.fromEntries(back)).toEqual({ ...given });
      }),
    );
  });

  it.each([0, 9] as const)('in which a byte of a file was damaged are refused, packed at %d', (level) => {
    const whole = packed(level);
    const from = whole.indexOf('x.npy') + 5;
    for (let at = from; at < whole.indexOf(DIRECTORY_ENTRY); at += 17) {
      const damaged = Buffer.from(whole);
      damaged[at] ^= 0x10;
      expect(() => readNpz(damaged, wanted), `byte ${at}`).toThrow(refused(/damaged/));
    }
  });

  it('that are cut off anywhere are refused', () => {
    const whole = packed(9);
    for (let length = 0; length < whole.length; length += 5) {
      expect(() => readNpz(whole.subarray(0, length), wanted), `${length} bytes`).toThrow(
        refused(/numpy\.savez/),
      );
    }
  });

  it('that unpack to more than they say are unpacked no further', () => {
    const whole = packed(9);
    whole.writeUInt32LE(499, whole.indexOf(DIRECTORY_ENTRY) + 24);
    expect(() => readNpz(whole, wanted)).toThrow(refused(/damaged/));
    expect(deflateRawSync(Buffer.alloc(2 ** 20)).length).toBeLessThan(2000);
    const bomb = Buffer.from(zipSync({ 'x.npy': [Buffer.alloc(2 ** 20), { level: 9 }] }));
    bomb.writeUInt32LE(100, bomb.indexOf(DIRECTORY_ENTRY) + 24);
    expect(() => readNpz(bomb, wanted)).toThrow(refused(/damaged/));
  });

  it.each<[string, (file: Buffer, entry: number) => void, RegExp]>([
    [
      'say that they hold too much',
      (file, entry) => file.writeUInt32LE(2 ** 28 + 1, entry + 24),
      /at most 268435456/,
    ],
    ['are encrypted', (file, entry) => file.writeUInt16LE(1, entry + 8), /is encrypted/],
    ['are packed in another way', (file, entry) => file.writeUInt16LE(14, entry + 10), /method 14/],
    ['point elsewhere', (file, entry) => file.writeUInt32LE(7, entry + 42), /isn't where/],
    ['point behind their end', (file, entry) => file.writeUInt32LE(2 ** 31, entry + 42), /isn't where/],
    [
      'have a longer file than there are bytes',
      (file, entry) => file.writeUInt32LE(2 ** 30, entry + 20),
      /isn't where/,
    ],
    ['have no such entry', (file, entry) => file.writeUInt32LE(0, entry), /entry 0 of its directory/],
  ])('that %s are refused', (_, change, message) => {
    const file = packed(9);
    change(file, file.indexOf(DIRECTORY_ENTRY));
    expect(() => readNpz(file, wanted)).toThrow(refused(message));
  });

  it('that hold an array twice are refused', () => {
    const file = Buffer.from(zipSync({ 'x.npy': body, 'y.npy': body }));
    for (let at = file.indexOf('y.npy'); at >= 0; at = file.indexOf('y.npy')) file.write('x', at);
    expect(() => readNpz(file, wanted)).toThrow(refused(/one array called x\.npy, found 2/));
  });
});
