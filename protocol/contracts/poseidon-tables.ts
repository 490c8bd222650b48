// Poseidon's constants as TensorHasher reads them; contracts/libraries/PoseidonTables.sol binds them.
//
// A round is s ← M·S(s + c), with S a fifth power of every element in full rounds, of the first alone in partial ones.
// Short permutations are computed that way. The long one, of 17 elements, has its 68 partial rounds in a form with 34
// products each instead of 289:
//
// - M = A·B with B = [1 0; 0 M̂], which leaves the first element alone and so trades places with S, and
//   A = [m v·M̂⁻¹; w 1], of which only the first row and the first column need products. B goes on into the round before,
//   where M is B·M then, and so on; what is left before the first partial round is P = B·M of the last full one.
// - What a round's constants add to the other elements is the same as A⁻¹ times it, added before; so it moves to before the
//   first partial round, d, and each round keeps one number e, added to the first element after its fifth power.
import { createRequire } from 'node:module';
import path from 'node:path';
import { concat } from 'ethers';
import { SCALAR_FIELD } from '../field.ts';

type Matrix = readonly (readonly bigint[])[];

const FULL_ROUNDS = 8;
const LONG = 17;
/** Bytes of a long table that go into one contract. */
export const PART = 24_576 - 32;

const mod = (value: bigint): bigint => ((value % SCALAR_FIELD) + SCALAR_FIELD) % SCALAR_FIELD;

function dot(a: readonly bigint[], b: readonly bigint[]): bigint {
  return mod(a.reduce((sum, value, i) => sum + value * b[i], 0n));
}

function times(a: Matrix, b: Matrix): bigint[][] {
  return a.map((row) =>
    b[0].map((_, j) =>
      dot(
        row,
        b.map((other) => other[j]),
      ),
    ),
  );
}

function apply(a: Matrix, vector: readonly bigint[]): bigint[] {
  return a.map((row) => dot(row, vector));
}

function inverse(value: bigint): bigint {
  let result = 1n;
  let base = mod(value);
  for (let power = SCALAR_FIELD - 2n; power > 0n; power >>= 1n) {
    if (power & 1n) result = mod(result * base);
    base = mod(base * base);
  }
  return result;
}

/** Gauss and Jordan. */
function invert(matrix: Matrix): bigint[][] {
  const size = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1n : 0n))]);
  for (let column = 0; column < size; column++) {
    const pivot = rows.findIndex((row, i) => i >= column && row[column] !== 0n);
    [rows[column], rows[pivot]] = [rows[pivot], rows[column]];
    const scale = inverse(rows[column][column]);
    rows[column] = rows[column].map((value) => mod(value * scale));
    for (let i = 0; i < size; i++) {
      const factor = rows[i][column];
      if (i === column || factor === 0n) continue;
      rows[i] = rows[i].map((value, j) => mod(value - factor * rows[column][j]));
    }
  }
  return rows.map((row) => row.slice(size));
}

/** The round constants, row by row, and the matrix of a permutation, from poseidon-lite. */
function constantsOf(width: number): { readonly rounds: Matrix; readonly matrix: Matrix } {
  const require = createRequire(import.meta.url);
  // The package exports hashes only; its constants lie beside them, in base 64.
  const file = path.join(path.dirname(require.resolve('poseidon-lite')), 'constants', `${width - 1}.js`);
  const { C, M } = (require(file) as { default: { C: string[]; M: string[][] } }).default;
  const decode = (text: string): bigint => BigInt(`0x${Buffer.from(text, 'base64').toString('hex')}`);
  const flat = C.map(decode);
  return {
    rounds: Array.from({ length: flat.length / width }, (_, i) => flat.slice(i * width, (i + 1) * width)),
    matrix: M.map((row) => row.map(decode)),
  };
}

/** B of A·B, the matrix: what is left when A has only its first row and first column. */
function restOf(matrix: Matrix): Matrix {
  const [first, ...others] = matrix;
  return [first.map((_, j) => (j === 0 ? 1n : 0n)), ...others.map((row) => [0n, ...row.slice(1)])];
}

/** A⁻¹ of a vector: the first element first, from row·x + … with x_j = value_j − column_j·x_0. */
function unmix(row: readonly bigint[], column: readonly bigint[], vector: readonly bigint[]): bigint[] {
  const [head, ...tail] = vector;
  const scale = mod(row[0] - dot(row.slice(1), column));
  const first = mod((head - dot(row.slice(1), tail)) * inverse(scale));
  return [first, ...tail.map((value, j) => mod(value - column[j] * first))];
}

/** The words of the long table: constants of the first full rounds, P, d, then e, row and column of each partial one. */
function longWords(): bigint[] {
  const { rounds, matrix } = constantsOf(LONG);
  const half = FULL_ROUNDS / 2;
  const partial = rounds.slice(half, rounds.length - half);
  const steps: { row: bigint[]; column: bigint[]; added: bigint[] }[] = [];
  let current: Matrix = matrix;
  // A round's matrix is B·M of the round after: its M̂ is a power of M's, and its first row is M's.
  const inverted = invert(matrix.slice(1).map((row) => row.slice(1)));
  const [head, ...v] = matrix[0];
  let tail: readonly bigint[] = v;
  for (let i = partial.length - 1; i >= 0; i--) {
    [tail] = times([tail], inverted);
    const column = current.slice(1).map(([first]) => first);
    const rest = restOf(current);
    steps.unshift({ row: [head, ...tail], column, added: apply(rest, partial[i]) });
    current = times(rest, matrix);
  }
  const words: bigint[][] = [];
  for (let i = steps.length - 1; i >= 0; i--) {
    // What comes after this round's A, pulled to before its S; the first element's part stays, after its fifth power.
    const next = steps.at(i + 1)?.added ?? [];
    const after = i === steps.length - 1 ? steps[i].added.map(() => 0n) : next;
    const [e, ...others] = unmix(steps[i].row, steps[i].column, after);
    steps[i].added = steps[i].added.map((value, j) => (j === 0 ? value : mod(value + others[j - 1])));
    words.unshift([e, ...steps[i].row, ...steps[i].column]);
  }
  return [
    ...rounds.slice(0, half).flat(),
    ...current.flat(),
    ...steps[0].added,
    ...words.flat(),
    ...rounds.slice(rounds.length - half).flat(),
    ...matrix.flat(),
  ];
}

/** The words of a short table: the round constants, then the matrix, row by row. */
export function shortWords(width: number): bigint[] {
  const { rounds, matrix } = constantsOf(width);
  return [...rounds.flat(), ...matrix.flat()];
}

function bytesOf(words: readonly bigint[]): Uint8Array {
  return Buffer.from(words.map((word) => word.toString(16).padStart(64, '0')).join(''), 'hex');
}

/** How many tables there are. */
export const TABLE_COUNT = 6;

let tables: readonly Uint8Array[] | undefined;

/** What the six tables hold: widths 4 and 5, width 6, width 17 in four parts. Reckoned once. */
export function poseidonTables(): readonly Uint8Array[] {
  if (tables !== undefined) return tables;
  const long = bytesOf(longWords());
  tables = [
    bytesOf([...shortWords(4), ...shortWords(5)]),
    bytesOf(shortWords(6)),
    ...[0, 1, 2, 3].map((part) => long.subarray(part * PART, (part + 1) * PART)),
  ];
  return tables;
}

/** Init code that creates a contract whose code is a STOP byte and `data`; the same as the library CodeStore writes. */
export function codeStoreInit(data: Uint8Array): string {
  const size = (data.length + 1).toString(16).padStart(4, '0');
  return concat([`0x61${size}80600a3d393df300`, data]);
}
