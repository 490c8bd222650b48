import { expect, test } from 'vitest';
import { ChainError } from '../../../protocol/chain/errors.ts';
import { LogSpan } from '../../../protocol/chain/log-span.ts';

/** Reads blocks 0 to `last`; the requests that it took, refused ones too, and the blocks that it brought. */
async function readAll(
  span: LogSpan,
  last: number,
  { most = Infinity, eventsABlock = 0, mostEvents = Infinity } = {},
): Promise<{ readonly widths: number[]; readonly blocks: number[] }> {
  const widths: number[] = [];
  const blocks: number[] = [];
  let next = 0;
  while (next <= last) {
    const { to } = await span.read(next, last, (from, end) => {
      const width = end - from + 1;
      widths.push(width);
      if (width > most || width * eventsABlock > mostEvents)
        return Promise.reject(new Error('range too wide'));
      for (let block = from; block <= end; block++) blocks.push(block);
      return Promise.resolve(Array.from({ length: width * eventsABlock }));
    });
    next = to + 1;
  }
  return { widths, blocks };
}

const upTo = (last: number): number[] => Array.from({ length: last + 1 }, (_, i) => i);

test('takes all at once where nothing speaks against it', async () => {
  const { widths, blocks } = await readAll(new LogSpan(2000), 999);
  expect(widths).toEqual([1000]);
  expect(blocks).toEqual(upTo(999));
});

test.each([1, 3, 500, 2000])(
  'finds a limit of %i blocks, and asks for more than it now and then only',
  async (most) => {
    const { widths, blocks } = await readAll(new LogSpan(2000), 5999, { most });
    expect(blocks).toEqual(upTo(5999));
    const refused = widths.filter((width) => width > most).length;
    expect(refused).toBeLessThan(12 + widths.length / 10);
  },
);

test('asks for fewer where events are dense, before it is refused', async () => {
  const span = new LogSpan(2000);
  const { widths, blocks } = await readAll(span, 2999, { eventsABlock: 40, mostEvents: 10_000 });
  expect(blocks).toEqual(upTo(2999));
  expect(widths.slice(8).every((width) => width * 40 <= 10_000)).toBe(true);
});

test('a refused block, and a chain that is away, are for the caller', async () => {
  const refusing = readAll(new LogSpan(8), 10, { most: 0 });
  await expect(refusing).rejects.toThrow('range too wide');
  let asked = 0;
  const away = new LogSpan(8).read(0, 10, () => {
    asked++;
    return Promise.reject(new ChainError('CHAIN_UNREACHABLE', 'away', { retryable: true }));
  });
  await expect(away).rejects.toMatchObject({ code: 'CHAIN_UNREACHABLE' });
  expect(asked).toBe(1);
});
