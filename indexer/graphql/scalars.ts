import { GraphQLError, Kind, type ValueNode } from 'graphql';
import type { Digits } from '../projection/rows.ts';

interface ScalarRules<Input, Output> {
  readonly description: string;
  readonly specifiedByURL: string;
  readonly serialize: (value: Output) => string | number;
  readonly parseValue: (value: unknown) => Input;
  readonly parseLiteral: (node: ValueNode) => Input;
}

/** Their page, which the server has too: see scalars-page.ts. */
export const SCALARS_PAGE = '/scalars';

function specifiedAt(anchor: string): string {
  return `${SCALARS_PAGE}#${anchor}`;
}

const AMOUNT = /^\d{1,78}$/;
const ADDRESS = /^0x[0-9a-fA-F]{40}$/;
const WORD = /^0x[0-9a-fA-F]{64}$/;

/** Amounts are text on the wire: JSON's numbers lose digits above 2^53. */
export const amount: ScalarRules<string, Digits> = fromText(
  "Decimal digits: an amount in 10^-18 of the market's asset, or another large integer; a JSON string.",
  specifiedAt('amount'),
  (text) => AMOUNT.test(text),
  'expected decimal digits, e.g. "1000"',
  (text) => text,
  (value) => String(value),
);

export const address: ScalarRules<string, string> = fromText(
  'An account: 0x and 40 hexadecimal digits; in lower case when it is given out.',
  specifiedAt('address'),
  (text) => ADDRESS.test(text),
  'expected 0x and 40 hexadecimal digits',
  (text) => text.toLowerCase(),
  (value) => value,
);

export const bytes32: ScalarRules<string, string> = fromText(
  '32 bytes: 0x and 64 hexadecimal digits; in lower case when it is given out.',
  specifiedAt('bytes32'),
  (text) => WORD.test(text),
  'expected 0x and 64 hexadecimal digits',
  (text) => text.toLowerCase(),
  (value) => value,
);

/** 2^40 − 1, the contracts' largest time, is exact as a JSON number. */
export const timestamp: ScalarRules<bigint, Digits> = {
  description: 'Seconds since the beginning of 1970, or a span of seconds; a JSON number.',
  specifiedByURL: specifiedAt('timestamp'),
  serialize: Number,
  parseValue: parseSeconds,
  parseLiteral: (node) => parseSeconds(node.kind === Kind.INT ? Number(node.value) : undefined),
};

function parseSeconds(value: unknown): bigint {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  throw badValue('expected a whole number of seconds');
}

function fromText<Output>(
  description: string,
  specifiedByURL: string,
  isValid: (text: string) => boolean,
  expected: string,
  normalise: (text: string) => string,
  serialize: (value: Output) => string,
): ScalarRules<string, Output> {
  const parse = (value: unknown): string => {
    if (typeof value === 'string' && isValid(value)) return normalise(value);
    throw badValue(expected);
  };
  return {
    description,
    specifiedByURL,
    serialize,
    parseValue: parse,
    parseLiteral: (node) => parse(node.kind === Kind.STRING ? node.value : undefined),
  };
}

/** A value that can't be one. */
export function badValue(expected: string): GraphQLError {
  return new GraphQLError(expected, { extensions: { code: 'GRAPHQL_BAD_VALUE' } });
}
