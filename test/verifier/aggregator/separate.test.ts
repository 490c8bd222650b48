import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { separate } from '../../../verifier/aggregator/settle/separate.ts';

describe('separating a batch', () => {
  test('finds exactly what spoils it, and keeps the rest in order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 40 }), async (spoils) => {
        const items = spoils.map((bad, id) => ({ id, bad }));
        const refusal = async (part: readonly { bad: boolean }[]): Promise<string | undefined> =>
          part.some(({ bad }) => bad) ? 'no' : undefined;
        const { good, bad } = await separate(items, refusal);
        expect(good).toEqual(items.filter((item) => !item.bad));
        expect(bad.map(({ item }) => item)).toEqual(items.filter((item) => item.bad));
      }),
    );
  });

  test('asks once when all is well, and some 2·log2(n) times for one bad item', async () => {
    let asked = 0;
    const among = (bad: number, count: number): Promise<unknown> => {
      asked = 0;
      return separate(
        Array.from({ length: count }, (_, i) => i),
        async (part) => {
          asked++;
          return part.includes(bad) ? 'no' : undefined;
        },
      );
    };
    await among(-1, 64);
    expect(asked).toBe(1);
    await among(17, 64);
    expect(asked).toBeLessThanOrEqual(13);
  });
});
