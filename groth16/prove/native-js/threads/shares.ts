import { BYTES } from '../../../curve/bn254-wasm.ts';
import type { ZkeyContents } from '../../../formats/zkey-file.ts';
import { groupOfSum, SUMS, type SectionParts, type SumName } from '../sums.ts';

/** Points of a section: the first one, and the one behind the last. */
export type Range = readonly [from: number, to: number];

/** What one thread adds up. */
export type Share = Readonly<Partial<Record<SumName, Range>>>;

export type Sections = Pick<ZkeyContents, SumName | 'domainSize'>;

/**
 * Time of a point that isn't at infinity, H's taken for 100, and of a row's transforms, as measured with slices of 2^12 to 2^16 rows.
 * Scalars of H are all of full length, few of a witness are.
 */
const COSTS: Readonly<Record<SumName, number>> = { a: 12, b1: 12, b2: 38, c: 12, h: 100 };
const TRANSFORMS = 28;

/** Fewer points than these are left with others: buckets are gathered once for each range. */
const LEAST_POINTS = 512;

/**
 * Divides a proof's sums among so many threads, so that all end at about the same time. The first one makes the scalars of H, which
 * takes no other's result; the others begin with the sums over the witness, and H goes to whoever has time left.
 *
 * @returns ranges that cover each section once; the first one's share is the first thread's
 */
export function sharesOf(key: Sections, threads: number): readonly Share[] {
  if (threads === 1) return [Object.fromEntries(SUMS.map((name) => [name, [0, sizeOf(key, name)]]))];
  const kept = new Map(SUMS.map((name) => [name, pointsKept(key, name)]));
  const shares = Array.from({ length: threads }, () => new Map<SumName, Range>());
  const loads = shares.map((_, thread) => (thread === 0 ? TRANSFORMS * key.domainSize : 0));
  const all = SUMS.reduce((sum, name) => sum + COSTS[name] * kept.get(name)!.length, loads[0]);
  // The dearest first, H last: it can fill what the others leave uneven.
  for (const name of ['b2', 'a', 'b1', 'c', 'h'] as const) {
    const points = kept.get(name)!;
    const takers = [...loads.keys()]
      .filter((thread) => thread > 0 || name === 'h')
      .sort((x, y) => loads[x] - loads[y]);
    let from = 0;
    for (const thread of takers) {
      if (from === points.length) break;
      const room = Math.ceil((all / threads - loads[thread]) / COSTS[name]);
      const isLast = thread === takers[takers.length - 1];
      const rest = points.length - from;
      const count = isLast || rest - room < LEAST_POINTS ? rest : Math.max(room, 0);
      if (count < Math.min(LEAST_POINTS, rest)) continue;
      const to = from + count;
      shares[thread].set(name, [
        from === 0 ? 0 : points[from],
        to === points.length ? sizeOf(key, name) : points[to],
      ]);
      loads[thread] += COSTS[name] * count;
      from = to;
    }
  }
  return shares.map((share) => Object.fromEntries(share));
}

/** A share's points in a key. */
export function partsOf(key: Pick<Sections, SumName>, share: Share): SectionParts {
  return Object.fromEntries(
    SUMS.flatMap((name) => {
      const range = share[name];
      if (range === undefined) return [];
      const [from, to] = range;
      const bytes = BYTES[groupOfSum(name)];
      return [[name, { points: key[name].subarray(from * bytes, to * bytes), from }]];
    }),
  );
}

function sizeOf(key: Sections, name: SumName): number {
  return key[name].length / BYTES[groupOfSum(name)];
}

/** The points of a section that aren't at infinity: such are left out of all sums. */
function pointsKept(key: Sections, name: SumName): Uint32Array {
  const bytes = BYTES[groupOfSum(name)];
  const section = key[name];
  const kept = new Uint32Array(sizeOf(key, name));
  let next = 0;
  for (let point = 0; point < kept.length; point++) {
    const end = (point + 1) * bytes;
    let at = point * bytes;
    while (at < end && section[at] === 0) at++;
    if (at < end) kept[next++] = point;
  }
  return kept.slice(0, next);
}
