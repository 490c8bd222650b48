import type { EventFragment, Interface, ParamType } from 'ethers';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createDecoder, isSettling, type DecodedEvent } from '../../indexer/projection/events.ts';
import { ICircuitRegistry__factory } from '../../protocol/contracts/generated/factories/interfaces/ICircuitRegistry__factory.ts';
import { IModelRegistry__factory } from '../../protocol/contracts/generated/factories/interfaces/IModelRegistry__factory.ts';
import { ISliceMarket__factory } from '../../protocol/contracts/generated/factories/interfaces/ISliceMarket__factory.ts';

const at = (digit: string): string => `0x${digit.repeat(40)}`;
const contracts: readonly (readonly [string, Interface])[] = [
  [at('a'), ICircuitRegistry__factory.createInterface()],
  [at('b'), IModelRegistry__factory.createInterface()],
  [at('c'), ISliceMarket__factory.createInterface()],
];
const decode = createDecoder({
  chainId: 1,
  block: 0,
  addresses: {
    asset: at('d'),
    circuitRegistry: at('A'),
    modelRegistry: at('B'),
    verifier: at('d'),
    market: at('C'),
    lens: at('d'),
    admissionLists: at('d'),
    outputParts: at('d'),
  },
});
const events = contracts.flatMap(([address, declared]) => {
  const found: { name: string; address: string; declared: Interface; event: EventFragment }[] = [];
  declared.forEachEvent((event) => found.push({ name: event.name, address, declared, event }));
  return found;
});

const hex = (bytes: number): fc.Arbitrary<string> =>
  fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .map((found) => `0x${Buffer.from(found).toString('hex')}`);

/** Values that a type can have. */
function valuesOf(type: ParamType): fc.Arbitrary<unknown> {
  if (type.isArray()) return fc.array(valuesOf(type.arrayChildren), { maxLength: 4 });
  if (type.isTuple()) return fc.tuple(...type.components.map(valuesOf));
  if (type.type === 'bool') return fc.boolean();
  if (type.type === 'address') return hex(20);
  if (type.type === 'bytes32') return hex(32);
  const bits = BigInt(type.type.replace('uint', ''));
  return fc.oneof(fc.bigInt(0n, 3n), fc.bigInt(0n, 2n ** bits - 1n), fc.constant(2n ** bits - 1n));
}

/** What ethers says, which reads all types in all ways and takes its time. */
function byEthers(
  declared: Interface,
  log: { topics: readonly string[]; data: string },
): DecodedEvent | undefined {
  const plain = (type: ParamType, value: unknown): unknown => {
    if (type.isArray()) return (value as readonly unknown[]).map((part) => plain(type.arrayChildren, part));
    if (type.isTuple()) return struct(type.components, value as readonly unknown[]);
    return typeof value === 'string' ? value.toLowerCase() : value;
  };
  const struct = (fields: readonly ParamType[], values: readonly unknown[]): Record<string, unknown> =>
    Object.fromEntries(fields.map((field, i) => [field.name, plain(field, values[i])]));
  try {
    const parsed = declared.parseLog(log)!;
    return { name: parsed.name, args: struct(parsed.fragment.inputs, parsed.args) };
  } catch {
    return undefined;
  }
}

describe.each(events)('$name', ({ address, declared, event }) => {
  const values = fc.tuple(...event.inputs.map(valuesOf));

  test('is read as ethers reads it', () => {
    fc.assert(
      fc.property(values, (given) => {
        const log = declared.encodeEventLog(event, given);
        const found = decode({ address, ...log });
        expect(found).toBeDefined();
        expect(found).toEqual(byEthers(declared, log));
      }),
      { numRuns: 30 },
    );
  });

  test('is refused, or read, as ethers does where it is damaged', () => {
    const odd = fc.oneof(
      fc.constant('f'.repeat(64)),
      fc.nat(40).map((n) => (32 * n).toString(16).padStart(64, '0')),
      fc.nat(2000).map((n) => n.toString(16).padStart(64, '0')),
      hex(32).map((word) => word.slice(2)),
    );
    fc.assert(
      fc.property(values, fc.nat(), odd, fc.nat(), (given, place, word, cut) => {
        const { topics, data } = declared.encodeEventLog(event, given);
        const words = [
          ...topics.slice(1).map((topic) => topic.slice(2)),
          ...(data.slice(2).match(/.{64}/g) ?? []),
        ];
        words[place % words.length] = word;
        const left = words.slice(topics.length - 1).join('');
        const log = {
          topics: [topics[0], ...words.slice(0, topics.length - 1).map((topic) => `0x${topic}`)],
          // One in four loses its end as well, if it is of the data.
          data: `0x${cut % 4 === 0 ? left.slice(0, 64 * (cut % (left.length / 64 + 1))) : left}`,
        };
        expect(decode({ address, ...log })).toEqual(byEthers(declared, log));
      }),
      { numRuns: 100 },
    );
  });

  test('is none without its topics, or of another contract', () => {
    const log = declared.encodeEventLog(event, fc.sample(values, 1)[0]);
    expect(decode({ address: at('d'), ...log })).toBeUndefined();
    expect(decode({ address, ...log, topics: [] })).toBeUndefined();
    if (log.topics.length > 1) {
      expect(decode({ address, ...log, topics: log.topics.slice(0, -1) })).toBeUndefined();
    }
    expect(isSettling(log)).toBe(['SlicesSettled', 'SlicesSkipped'].includes(event.name));
  });
});

test('lists within lists that stand in one place are no way to a small event with much in it', () => {
  const { address, event } = events.find(({ name }) => name === 'OutputRevealed')!;
  const words = 2_000;
  const word = (value: number): string => value.toString(16).padStart(64, '0');
  // Each of the outputs is the same, and has all words that there are.
  const outputs = Array.from({ length: words }, () => word(32 * words)).join('');
  const list = word(0) + word(64) + word(words) + Array.from({ length: words }, () => word(0)).join('');
  const data = `0x${word(0)}${word(64)}${word(words)}${outputs}${list}`;
  const log = { topics: [event.topicHash, `0x${word(1)}`], data };
  expect(decode({ address, ...log })).toBeUndefined();
});
