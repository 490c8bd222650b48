import type { CheckForm, CheckMachine } from './machine.ts';
import { groupBy } from '../../../protocol/group-by.ts';

/** One axis of sliding windows: tap k of position b reads element b · stride + k · dilation. */
export interface WindowAxis {
  /** Positions b = 0 … blocks − 1. */
  readonly blocks: number;
  readonly taps: number;
  readonly stride: number;
  readonly dilation: number;
}

/** Taps that read elements of one residue modulo the stride, by their first element in steps of the stride. */
interface TapClass {
  readonly residue: number;
  readonly taps: readonly number[];
  readonly starts: readonly number[];
}

/**
 * For every tap k the sum over b of step^b · element(b · stride + k · dilation), where leap = step^blocks.
 *
 * Taps that read elements of one residue share a chain h_m = step · h_(m+1) + element_m, a row an element but
 * the last; a tap's sum is h_start − leap · h_(start + blocks), a row more where the chain goes on past its
 * window. Where windows hardly meet, each gets a chain of its own. {@link windowRows} is the cost when no
 * element is nothing (padding).
 */
export function windowSums<F extends CheckForm>(
  machine: CheckMachine<F>,
  axis: WindowAxis,
  element: (at: number) => F,
  powers: { readonly step: () => F; readonly leap: () => F },
): readonly F[] {
  const { blocks, stride } = axis;
  const sums = new Array<F>(axis.taps);
  const chain = (
    residue: number,
    first: number,
    last: number,
    visit: (m: number, state: F) => void,
  ): void => {
    let state = machine.nothing;
    for (let m = last; m >= first; m--) {
      const next = element(m * stride + residue);
      state = state.length === 0 ? next : machine.product(powers.step(), state, next);
      visit(m, state);
    }
  };
  for (const { residue, taps, starts } of classesOf(axis)) {
    if (!slides(axis, starts)) {
      taps.forEach((tap, i) => {
        chain(residue, starts[i], starts[i] + blocks - 1, (_, state) => (sums[tap] = state));
      });
      continue;
    }
    const states = new Map<number, F>();
    chain(residue, starts[0], starts[starts.length - 1] + blocks - 1, (m, state) => states.set(m, state));
    taps.forEach((tap, i) => {
      const state = states.get(starts[i]) ?? machine.nothing;
      const after = states.get(starts[i] + blocks) ?? machine.nothing;
      sums[tap] =
        after.length === 0
          ? state
          : machine.sum([
              [state, 1n],
              [machine.product(powers.leap(), after, machine.nothing), -1n],
            ]);
    });
  }
  return sums;
}

/** Rows of {@link windowSums}, powers and padding aside. */
export function windowRows(axis: WindowAxis): number {
  return classesOf(axis).reduce(
    (rows, { starts }) =>
      rows + (slides(axis, starts) ? slidingRows(axis, starts) : starts.length * (axis.blocks - 1)),
    0,
  );
}

/** Elements that the windows of an axis read. */
export function elementsRead(axis: WindowAxis): number {
  const read = new Set<number>();
  for (let block = 0; block < axis.blocks; block++) {
    for (let tap = 0; tap < axis.taps; tap++) read.add(block * axis.stride + tap * axis.dilation);
  }
  return read.size;
}

function classesOf({ taps, stride, dilation }: WindowAxis): readonly TapClass[] {
  const byResidue = groupBy(
    Array.from({ length: taps }, (_, tap) => tap),
    (tap) => (tap * dilation) % stride,
  );
  return [...byResidue].map(([residue, members]) => ({
    residue,
    taps: members,
    starts: members.map((tap) => Math.floor((tap * dilation) / stride)),
  }));
}

function slides(axis: WindowAxis, starts: readonly number[]): boolean {
  return slidingRows(axis, starts) < starts.length * (axis.blocks - 1);
}

function slidingRows({ blocks }: WindowAxis, starts: readonly number[]): number {
  const end = starts[starts.length - 1] + blocks;
  return end - starts[0] - 1 + starts.filter((start) => start + blocks < end).length;
}
