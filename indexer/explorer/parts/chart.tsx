import { relative } from '../data/format.ts';
import { useNow } from '../data/market.ts';
import { Empty } from './show.tsx';

export interface Point {
  /** Seconds since 1970. */
  readonly at: number;
  readonly value: number;
}

const WIDTH = 420;
const HEIGHT = 170;
/** Beside the longest value of the axis, which takes so much a character. */
const LEFT = 14;
const CHARACTER = 7;
const RIGHT = 12;
const TOP = 10;
const BOTTOM = 24;

/** A curve over time, said in a sentence too. */
export function Chart({
  name,
  points,
  show,
  unit = '',
  marks = [],
  steps = false,
}: {
  name: string;
  points: readonly Point[];
  /** A value without its unit: the axis is narrow. */
  show: (value: number) => string;
  unit?: string;
  /** Places on the curve that are named. */
  marks?: readonly (Point & { readonly name: string })[];
  /** Values hold until the next one. */
  steps?: boolean;
}) {
  const now = useNow();
  if (points.length < 2) return <Empty>Too little has happened for a curve.</Empty>;
  const sorted = points.toSorted((a, b) => a.at - b.at);
  const [first, last] = [sorted[0].at, sorted[sorted.length - 1].at];
  const values = sorted.map(({ value }) => value);
  const low = Math.min(...values);
  const high = Math.max(...values);
  const floor = low > 0 && low > high / 2 ? low - (high - low || low) * 0.2 : Math.min(0, low);
  const top = high === floor ? floor + 1 : high + (high - floor) * 0.05;
  const ticks = [floor, (floor + top) / 2, top];
  const left = LEFT + CHARACTER * Math.max(...ticks.map((value) => show(value).length));
  const x = (at: number): number =>
    left + ((WIDTH - left - RIGHT) * (at - first)) / Math.max(1, last - first);
  const y = (value: number): number =>
    HEIGHT - BOTTOM - ((HEIGHT - TOP - BOTTOM) * (value - floor)) / (top - floor);
  const line = sorted
    .map(({ at, value }, i) => {
      const [px, py] = [x(at).toFixed(1), y(value).toFixed(1)];
      return i === 0 ? `M${px} ${py}` : steps ? `H${px}V${py}` : `L${px} ${py}`;
    })
    .join('');
  const full = (value: number): string => `${show(value)} ${unit}`.trim();
  const said = `${name}: ${full(values[0])} ${relative(first, now)}, ${full(values[values.length - 1])} ${relative(last, now)}; least ${full(low)}, most ${full(high)}.`;
  return (
    <svg class="chart" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={said}>
      {ticks.map((value) => (
        <g key={value} class="tick">
          <line x1={left} x2={WIDTH - RIGHT} y1={y(value)} y2={y(value)} />
          <text x={left - 6} y={y(value) + 4} text-anchor="end">
            {show(value)}
          </text>
        </g>
      ))}
      <path class="area" d={`${line}V${HEIGHT - BOTTOM}H${x(first)}Z`} />
      <path class="curve" d={line} />
      {sorted.length <= 60
        ? sorted.map(({ at, value }, i) => (
            <circle key={i} class="dot" cx={x(at)} cy={y(value)} r="2.5">
              <title>{`${full(value)}, ${relative(at, now)}`}</title>
            </circle>
          ))
        : null}
      {marks.map((mark) => (
        <g key={mark.name} class="mark">
          <line x1={x(mark.at)} x2={x(mark.at)} y1={TOP} y2={HEIGHT - BOTTOM} />
          <circle cx={x(mark.at)} cy={y(mark.value)} r="5" />
          <text
            x={x(mark.at) + (x(mark.at) > WIDTH / 2 ? -9 : 9)}
            y={TOP + 10}
            text-anchor={x(mark.at) > WIDTH / 2 ? 'end' : 'start'}
          >
            {`${mark.name} ${full(mark.value)}`}
          </text>
        </g>
      ))}
      <text class="when" x={left} y={HEIGHT - 6}>
        {relative(first, now)}
      </text>
      <text class="when" x={WIDTH - RIGHT} y={HEIGHT - 6} text-anchor="end">
        {relative(last, now)}
      </text>
    </svg>
  );
}
