import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { IntegerProgram } from '../integer/program.ts';
import type { BitChoice } from '../quantise/bits.ts';
import type { MeasuredPoint, MeasuredTradeoff, Tradeoff, TradeoffPoint } from '../quantise/tradeoff.ts';
import { tradeoffPicture } from '../report/tradeoff-picture.ts';
import { measureAccuracy, type Accuracy, type HeldOut } from './accuracy.ts';
import type { FloatRuntime } from './float-runtime.ts';
import { TRADEOFF_FILE, TRADEOFF_PICTURE } from './folder.ts';

/** Measuring takes about as long as a step of the search: so many points show the curve. */
const MOST_POINTS = 8;

/**
 * Measures some of the choices that no other beats, the chosen one among them.
 * @param known what was measured of the chosen one
 */
export async function measureTradeoff(
  { points, ...tradeoff }: Tradeoff,
  known: Accuracy,
  withBits: (bits: BitChoice) => Promise<IntegerProgram>,
  float: FloatRuntime,
  heldOut: HeldOut,
): Promise<MeasuredTradeoff> {
  const measured: MeasuredPoint[] = [];
  for (const { choice, ...point } of thinned(points)) {
    const accuracy = point.chosen ? known : await measureAccuracy(float, await withBits(choice), heldOut);
    measured.push({ ...point, accuracy });
  }
  return { ...tradeoff, points: measured };
}

/** Points spread evenly over the constraints, the first, the last and the chosen one always. */
function thinned(points: readonly TradeoffPoint[]): readonly TradeoffPoint[] {
  const most = points[0].constraints;
  const least = points[points.length - 1].constraints;
  const step = (most - least) / (MOST_POINTS - 2);
  let next = most;
  return points.filter(({ constraints, chosen }, i) => {
    const due = constraints <= next || i === points.length - 1;
    if (due) next = constraints - step;
    return due || chosen;
  });
}

/** Of the float model's answers, which are asked for again for every choice of bits. */
export function remembering(float: FloatRuntime): FloatRuntime {
  const known = new Map<readonly ArrayLike<number>[], ReturnType<FloatRuntime['run']>>();
  return {
    ...float,
    run: (sample) => {
      const answer = known.get(sample) ?? float.run(sample);
      known.set(sample, answer);
      return answer;
    },
  };
}

/** Puts the table and the picture into a build's folder. */
export async function writeTradeoff(folder: string, name: string, tradeoff: MeasuredTradeoff): Promise<void> {
  await writeFile(path.join(folder, TRADEOFF_FILE), `${JSON.stringify(tradeoff, undefined, 2)}\n`);
  const title = `${name}: what fewer bits save and lose`;
  await writeFile(path.join(folder, TRADEOFF_PICTURE), tradeoffPicture(title, tradeoff));
}
