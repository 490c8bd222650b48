import type { PairSums } from './pair-sums.ts';

/** Room for sums: points next to each other from `at` on. */
export interface Region {
  readonly at: number;
  readonly pointBytes: number;
}

/** References in groups: group g has `list[starts[g]]` to `list[starts[g + 1] − 1]`. */
export interface Groups {
  readonly list: Uint32Array;
  /** One more than there are groups. */
  readonly starts: Uint32Array;
}

/**
 * Sums of each group by a tree of pairs: halving all groups at once gives batches that are large enough for one
 * inversion each. Afterwards `list[starts[g]]` refers to the sum of group g if it has any references, and is zero for infinity.
 *
 * Sums lie in the region, which needs room for half as many points as there are references. Points outside the
 * region are not changed.
 */
export function sumGroups(pairs: PairSums, { list, starts }: Groups, { at, pointBytes }: Region): void {
  const groups = starts.length - 1;
  const counts = new Uint32Array(groups);
  const open = new Uint32Array(groups);
  let opened = 0;
  for (let group = 0; group < groups; group++) {
    counts[group] = starts[group + 1] - starts[group];
    if (counts[group] > 1) open[opened++] = group;
  }
  let free = at;
  while (opened > 0) {
    let next = 0;
    for (let place = 0; place < opened; place++) {
      const group = open[place];
      const start = starts[group];
      const count = counts[group];
      const half = count >> 1;
      for (let i = 0; i < half; i++) {
        const left = list[start + 2 * i];
        const right = list[start + 2 * i + 1];
        if (left === 0 || right === 0) {
          list[start + i] = left | right;
          continue;
        }
        // A sum of this group leaves its room to the new one. What was left over from pairing stands last, so
        // only the first round, where all points lie elsewhere, takes new room.
        const reused = left >= at && left < free;
        const out = reused ? left & ~31 : free;
        if (!reused) free += pointBytes;
        pairs.queue(left, right, out, list, start + i);
      }
      if (count & 1) list[start + half] = list[start + count - 1];
      counts[group] = half + (count & 1);
      if (counts[group] > 1) open[next++] = group;
    }
    pairs.flush();
    opened = next;
  }
}
