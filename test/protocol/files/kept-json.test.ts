import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readKept, setAside, writeKept } from '../../../protocol/files/kept-json.ts';
import { openDraft, sweepDrafts, writeWhole } from '../../../protocol/files/write-whole.ts';
import { createLog } from '../../../protocol/log.ts';
import { mountSmallDisk } from '../../support/small-disk.ts';

const schema = z.object({ format: z.literal('test/1'), numbers: z.array(z.number()), text: z.string() });
const value = { format: 'test/1', numbers: [1.5, 2, 1e-7], text: 'ä' } as const;
const owner = { owner: true, log: createLog('test', 'silent') } as const;

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-kept-'));
  file = path.join(folder, 'deep', 'value.json');
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const namesIn = async (place: string): Promise<readonly string[]> => (await readdir(place)).sort();

describe('a kept file', () => {
  it('gives back what was kept, and nothing when there is none', async () => {
    expect(await readKept(file, schema, owner)).toBeUndefined();
    await writeKept(file, value);
    expect(await readKept(file, schema, owner)).toEqual(value);
    expect(await namesIn(path.dirname(file))).toEqual(['value.json']);
  });

  it('is read without a checksum too, as it was written before there were any', async () => {
    await mkdir(path.dirname(file));
    await writeFile(file, JSON.stringify(value));
    expect(await readKept(file, schema, owner)).toEqual(value);
  });

  it('is set aside when any byte of it is another one, or the end is missing', async () => {
    await writeKept(file, value);
    const whole = await readFile(file);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(whole.length - 1),
        fc.integer({ min: 1, max: 255 }),
        fc.boolean(),
        async (at, change, cut) => {
          const damaged = Buffer.from(cut ? whole.subarray(0, at) : whole);
          if (!cut) damaged[at] ^= change;
          await rm(path.dirname(file), { recursive: true });
          await mkdir(path.dirname(file));
          await writeFile(file, damaged);
          const came = await readKept(file, schema, owner);
          // A byte of the name `checksum` makes it a file of before there were checksums: its content is whole.
          if (came !== undefined) {
            expect(came).toEqual(value);
          } else {
            expect(await namesIn(path.dirname(file))).toEqual(['value.json.broken']);
            expect(await readFile(`${file}.broken`)).toEqual(damaged);
          }
        },
      ),
    );
  });

  it.each([
    ['nothing', ''],
    ['zeros', '\0'.repeat(300)],
    ['another program’s JSON', '{"hello":1}'],
    ['a JSON value that is no object', 'null'],
    ['text that is no UTF-8', Buffer.from([0xff, 0xfe, 0x00])],
  ])('is set aside when it holds %s', async (_, content) => {
    await mkdir(path.dirname(file));
    await writeFile(file, content);
    expect(await readKept(file, schema, owner)).toBeUndefined();
    await writeKept(file, value);
    expect(await readKept(file, schema, owner)).toEqual(value);
  });

  it('is set aside when it is a folder, and never in the place of an earlier broken one', async () => {
    for (const name of ['value.json.broken', 'value.json.broken.2', 'value.json.broken.3']) {
      await mkdir(path.join(file, 'inside'), { recursive: true });
      expect(await readKept(file, schema, owner)).toBeUndefined();
      expect(await namesIn(path.dirname(file))).toContain(name);
    }
    await writeFile(file, 'four');
    await setAside(file, 'a test', owner.log);
    expect(await readFile(`${file}.broken.4`, 'utf8')).toBe('four');
  });

  it('is left where it is by those it does not belong to', async () => {
    await mkdir(path.dirname(file));
    await writeFile(file, 'broken');
    expect(await readKept(file, schema, { owner: false })).toBeUndefined();
    expect(await namesIn(path.dirname(file))).toEqual(['value.json']);
  });
});

describe('a file in pieces', () => {
  it('is nowhere to be seen until it is kept, and gone when it is not', async () => {
    await writeWhole(file, 'old');
    const draft = await openDraft(file);
    await draft.write(Buffer.from('ne'));
    expect(await readFile(file, 'utf8')).toBe('old');
    await draft.write(Buffer.from('w'));
    await draft.keep();
    await draft.discard();
    expect(await readFile(file, 'utf8')).toBe('new');
    const other = await openDraft(file);
    await other.write(Buffer.from('half'));
    await other.discard();
    expect(await readFile(file, 'utf8')).toBe('new');
    expect(await namesIn(path.dirname(file))).toEqual(['value.json']);
  });

  it('that a crash left is swept away', async () => {
    await writeWhole(file, 'whole');
    const draft = await openDraft(file);
    await draft.write(Buffer.from('half'));
    await sweepDrafts(folder);
    expect(await namesIn(path.dirname(file))).toEqual(['value.json']);
    await draft.discard();
  });
});

describe('a full disk', () => {
  it('is named, leaves what was kept, and takes the file when there is room', async (context) => {
    const disk = mountSmallDisk(folder, '256k');
    if (!disk) return context.skip('this machine lets nobody mount a tmpfs');
    try {
      await writeKept(file, value);
      await disk.fill();
      const larger = { ...value, text: 'x'.repeat(20_000) };
      await expect(writeKept(file, larger)).rejects.toMatchObject({
        code: 'FILE_DISK_FULL',
        retryable: true,
      });
      expect(await namesIn(path.dirname(file))).toEqual(['value.json']);
      expect(await readKept(file, schema, owner)).toEqual(value);
      disk.free();
      await writeKept(file, larger);
      expect(await readKept(file, schema, owner)).toEqual(larger);
    } finally {
      disk.unmount();
    }
  });
});
