import type { EventFragment, ParamType } from 'ethers';

/** Hex digits of a word of 32 bytes. */
const WORD = 64;
const NOT_ZERO = /[^0]/;
/** How often a word may be read on average; once, as Solidity writes it. Lists of lists could have all their parts in one place. */
const MOST_INFLATION = 16;

/** Encoded values, as hex digits without 0x. Reading what isn't there throws. */
class Encoded {
  readonly #hex: string;
  #left: number;

  constructor(hex: string) {
    this.#hex = hex;
    this.#left = (hex.length / WORD) * MOST_INFLATION;
  }

  /** The last digits of a word. @param at where it begins, in digits */
  word(at: number, digits = WORD): string {
    const end = at + WORD;
    if (end > this.#hex.length || --this.#left < 0) throw new RangeError('out of bounds');
    return this.#hex.slice(end - digits, end);
  }

  /** A place or a number of things, which is beyond the end where it is absurd. */
  size(at: number): number {
    return Number(`0x${this.word(at)}`);
  }

  /** @returns how many values of a list there are, at most as many as there are words */
  count(at: number): number {
    const count = this.size(at);
    if (count * WORD > this.#hex.length - at) throw new RangeError('out of bounds');
    return count;
  }
}

/** How values of a type are read. */
interface Reader {
  /** Digits where it stands; a place alone where it is dynamic. */
  readonly width: number;
  /** Whether it stands elsewhere, and only its place here. */
  readonly dynamic: boolean;
  readonly read: (data: Encoded, at: number) => unknown;
}

/** Reads the arguments of one kind of event. @throws RangeError of data that are none */
export type ReadArguments = (topics: readonly string[], data: string) => Readonly<Record<string, unknown>>;

/**
 * Reads events of one kind: structs become objects, lists arrays, integers bigint, hex is as it comes, in lower case. What reads an
 * event is made once: a market has millions of them.
 */
export function argumentsOf({ inputs }: EventFragment): ReadArguments {
  const inTopics = fieldsOf(inputs.filter((input) => input.indexed === true));
  const inData = fieldsOf(inputs.filter((input) => input.indexed !== true));
  return (topics, data) => {
    const found: Record<string, unknown> = {};
    inTopics(new Encoded(topics.slice(1).map(withoutPrefix).join('')), 0, found);
    inData(new Encoded(withoutPrefix(data)), 0, found);
    return found;
  };
}

function withoutPrefix(hex: string): string {
  return hex.slice(2);
}

/** Reads some values that stand behind each other, by their names. */
function fieldsOf(
  fields: readonly ParamType[],
): (data: Encoded, from: number, found: Record<string, unknown>) => void {
  let offset = 0;
  const parts = fields.map((field) => {
    const { width, dynamic, read } = typed(field);
    const part = { name: field.name, offset, dynamic, read };
    offset += width;
    return part;
  });
  return (data, from, found) => {
    for (const { name, offset: at, dynamic, read } of parts) {
      found[name] = read(data, dynamic ? placeOf(data, from, from + at) : from + at);
    }
  };
}

/** Where what stands elsewhere begins: places are told in bytes from where its neighbours begin. */
function placeOf(data: Encoded, from: number, at: number): number {
  return from + 2 * data.size(at);
}

function typed(type: ParamType): Reader {
  if (type.isArray() && type.arrayLength === -1) return listOf(typed(type.arrayChildren));
  if (type.isTuple()) {
    const fields = type.components.map(typed);
    const dynamic = fields.some((field) => field.dynamic);
    const width = dynamic ? WORD : fields.reduce((sum, field) => sum + field.width, 0);
    const fill = fieldsOf(type.components);
    const read = (data: Encoded, at: number): object => {
      const found: Record<string, unknown> = {};
      fill(data, at, found);
      return found;
    };
    return { width, dynamic, read };
  }
  return { width: WORD, dynamic: false, read: wordOf(type.type) };
}

function listOf(item: Reader): Reader {
  return {
    width: WORD,
    dynamic: true,
    read(data, at) {
      const from = at + WORD;
      return Array.from({ length: data.count(at) }, (_, i) => {
        const place = from + i * item.width;
        return item.read(data, item.dynamic ? placeOf(data, from, place) : place);
      });
    },
  };
}

function wordOf(type: string): Reader['read'] {
  if (type === 'bytes32') return (data, at) => `0x${data.word(at)}`;
  if (type === 'bool') return (data, at) => NOT_ZERO.test(data.word(at));
  if (type === 'address') {
    return (data, at) => {
      const word = data.word(at);
      if (NOT_ZERO.test(word.slice(0, WORD - 40))) throw new RangeError('not an address');
      return `0x${word.slice(WORD - 40)}`;
    };
  }
  const bits = /^uint(\d+)$/.exec(type)?.[1];
  if (bits === undefined) {
    throw new TypeError(`no event is read that has a ${type}`);
  }
  const digits = Number(bits) / 4;
  return (data, at) => BigInt(`0x${data.word(at, digits)}`);
}
