import { describe, expect, test } from 'vitest';
import { BadInputError } from '../../protocol/errors.ts';
import { manifestSchema } from '../../protocol/manifest.ts';
import { plainText, withoutControls } from '../../protocol/plain-text.ts';
import { receiptSchema } from '../../protocol/receipt.ts';
import { describeError } from '../../protocol/terminal/fail.ts';
import { readOnnx } from '../../slicer/onnx/read.ts';
import { leavesOf } from '../support/edits.ts';
import { call, onnxFile } from '../../scripts/bench/networks/onnx-file.ts';

/** What stands in a name, and makes a terminal or a page show something else than what was checked. */
const LIES = {
  'hides what comes after': 'seven\u001b[8m',
  'clears the screen': 'seven\u001b[2J',
  'goes back to the line’s start': 'seven\rholds',
  'writes a line of its own': 'seven\nholds     every slice is proved',
  'takes letters back': 'no\b\byes',
  'sets a title by one control': 'seven\u009d0;done\u009c',
  'runs the other way': 'seven \u202eneves',
  'isolates a direction': 'seven \u2066neves',
  'ends a line as Unicode does': 'seven\u2028holds',
};

describe.each(Object.entries(LIES))('text that %s', (_, lie) => {
  test.each([
    ['manifest', manifestSchema],
    ['receipt', receiptSchema],
  ])('stands in no field of a %s', (_name, schema) => {
    // Their own text is looked into by whoever decodes it.
    const documents = ['manifest', 'transcript'];
    const texts = leavesOf(schema).filter(
      ([name, type]) => !documents.includes(name) && type.type === 'string',
    );
    expect(texts.length).toBeGreaterThan(5);
    expect(texts.filter(([, type]) => type.safeParse(lie).success).map(([name]) => name)).toEqual([]);
  });

  test('names nothing in a model', () => {
    const named = (name: string, output: string): Uint8Array =>
      onnxFile({
        inputs: [['x', [1, 2]]],
        outputs: [[output, [1, 2]]],
        nodes: [{ ...call('Relu', ['x'], [output]), name }],
      });
    expect(readOnnx(named('relu', 'y')).nodes).toHaveLength(1);
    for (const wrong of [named(lie, 'y'), named('relu', lie)]) {
      expect(() => readOnnx(wrong)).toThrow(expect.objectContaining({ code: 'ONNX_NAME' }) as Error);
    }
  });

  test('is told by its number in an error', () => {
    const told = describeError(new BadInputError('STORE_ODD', `the store says: ${lie}`, { hint: lie }));
    for (const line of told.split('\n'))
      expect(plainText.safeParse(line.replace(/^\S*error\S* \S+/, '')).success).toBe(true);
    if (!lie.includes('\n')) expect(told).toMatch(/\\u[0-9a-f]{4}/);
  });
});

test('text of any language is plain', () => {
  for (const text of ['sept', 'семь', 'שבע', '七', 'सात', '👩‍🚀', 'a\u00a0b', '']) {
    expect(plainText.safeParse(text).success, text).toBe(true);
    expect(withoutControls(text)).toBe(text);
  }
});
