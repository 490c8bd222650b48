import { picture, svg, svgText } from '../../slicer/report/svg.ts';

/** A line of a plot: points whose places are positive, both axes being logarithmic. */
export interface Line {
  readonly name: string;
  readonly points: readonly (readonly [number, number])[];
}

const WIDTH = 560;
const HEIGHT = 320;
const EDGE = { left: 70, right: 20, top: 40, bottom: 50 };
const COLOURS = ['#1f6feb', '#d1242f', '#1a7f37', '#9a6700', '#8250df'];

/** Lines over two logarithmic axes, as an SVG. */
export function plot(title: string, across: string, up: string, lines: readonly Line[]): string {
  const places = lines.flatMap(({ points }) => points);
  const x = axis(
    places.map(([value]) => value),
    EDGE.left,
    WIDTH - EDGE.right,
  );
  const y = axis(
    places.map(([, value]) => value),
    HEIGHT - EDGE.bottom,
    EDGE.top,
  );
  const grid = [
    ...x.ticks.map((tick) => [
      svg('line', { x1: x.at(tick), x2: x.at(tick), y1: EDGE.top, y2: HEIGHT - EDGE.bottom, stroke: '#ddd' }),
      svgText(x.at(tick), HEIGHT - EDGE.bottom + 16, label(tick), { 'text-anchor': 'middle' }),
    ]),
    ...y.ticks.map((tick) => [
      svg('line', { x1: EDGE.left, x2: WIDTH - EDGE.right, y1: y.at(tick), y2: y.at(tick), stroke: '#ddd' }),
      svgText(EDGE.left - 6, y.at(tick) + 4, label(tick), { 'text-anchor': 'end' }),
    ]),
  ].flat();
  const drawn = lines.flatMap(({ name, points }, i) => {
    const colour = COLOURS[i % COLOURS.length];
    const path = points.map(([a, b]) => `${x.at(a).toFixed(1)},${y.at(b).toFixed(1)}`).join(' ');
    return [
      svg('polyline', { points: path, fill: 'none', stroke: colour, 'stroke-width': 2 }),
      ...points.map(([a, b]) => svg('circle', { cx: x.at(a), cy: y.at(b), r: 3, fill: colour })),
      svgText(EDGE.left + 8, EDGE.top + 16 + 15 * i, name, { fill: colour }),
    ];
  });
  return picture(
    WIDTH,
    HEIGHT,
    title,
    svgText(EDGE.left, 20, title, { 'font-weight': 'bold' }),
    ...grid,
    ...drawn,
    svgText((EDGE.left + WIDTH - EDGE.right) / 2, HEIGHT - 12, across, { 'text-anchor': 'middle' }),
    svgText(14, HEIGHT / 2, up, { 'text-anchor': 'middle', transform: `rotate(-90 14 ${HEIGHT / 2})` }),
  );
}

/** From the power of ten at or below the least to that at or above the largest. */
function axis(values: readonly number[], from: number, to: number) {
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))));
  return {
    ticks: Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i)),
    at: (value: number): number => from + ((Math.log10(value) - low) / (high - low)) * (to - from),
  };
}

function label(value: number): string {
  return value >= 1 ? value.toLocaleString('en-US') : String(Number(value.toPrecision(1)));
}
