import type { MeasuredPoint, MeasuredTradeoff } from '../quantise/tradeoff.ts';
import { picture, svg, svgText } from './svg.ts';

const SIZE = { width: 720, height: 400 } as const;
const PLOT = { left: 70, top: 40, width: 620, height: 290 } as const;
const COLOURS = { estimated: '#3b7dd8', measured: '#d8663b', budget: '#8a94a0', axis: '#333' } as const;
const TICKS = 5;

/** Points of top-1 that held-out samples lose. */
function measuredLoss({ accuracy }: MeasuredPoint): number {
  return 100 * (accuracy.top1Float - accuracy.top1Quantised);
}

/** Constraints against what is lost, as estimated in the search and as measured after it (SVG). */
export function tradeoffPicture(title: string, { kind, maxLoss, points }: MeasuredTradeoff): string {
  const lost = kind === 'answers' ? 'answers that change, points of top-1 lost (%)' : 'mean error';
  const estimated = points.map((point) => 100 * point.loss);
  // The error is measured in the output's units and estimated as a share: only shares go into one picture.
  const measured = kind === 'answers' ? points.map(measuredLoss) : [];
  const across = scale(
    points.map(({ constraints }) => constraints),
    PLOT.left,
    PLOT.left + PLOT.width,
  );
  const up = scale([0, 100 * maxLoss, ...estimated, ...measured], PLOT.top + PLOT.height, PLOT.top);
  const at = (values: readonly number[]) =>
    values.map((value, i) => ({ x: across.place(points[i].constraints), y: up.place(value) }));
  const budget = up.place(100 * maxLoss);
  return picture(
    SIZE.width,
    SIZE.height,
    title,
    svgText(PLOT.left, 22, title, { 'font-size': 14 }),
    ...axes(across, up, lost),
    line(
      [
        { x: PLOT.left, y: budget },
        { x: PLOT.left + PLOT.width, y: budget },
      ],
      COLOURS.budget,
      '6 4',
    ),
    svgText(PLOT.left + 6, budget - 5, 'limit of the estimate', { fill: COLOURS.budget }),
    line(at(estimated), COLOURS.estimated),
    ...at(estimated).map(({ x, y }) => dot(x, y, COLOURS.estimated)),
    ...at(measured).map(({ x, y }) => dot(x, y, COLOURS.measured)),
    ...points.flatMap((point, i) => {
      if (!point.chosen) return [];
      const { x, y } = at(estimated)[i];
      const ring = svg('circle', { cx: x, cy: y, r: 8, fill: 'none', stroke: COLOURS.estimated });
      return [ring, svgText(x + 12, y + 4, 'chosen')];
    }),
    ...legend(kind),
  );
}

interface Scale {
  readonly place: (value: number) => number;
  readonly ticks: readonly number[];
}

function scale(values: readonly number[], from: number, to: number): Scale {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const span = high - low || 1;
  const unit = 10 ** Math.floor(Math.log10(span / TICKS));
  const step = unit * ([1, 2, 5, 10].find((factor) => factor * unit * TICKS >= span) ?? 10);
  const [start, end] = [Math.floor(low / step) * step, Math.ceil(high / step) * step || step];
  return {
    place: (value) => from + ((value - start) / (end - start)) * (to - from),
    ticks: Array.from({ length: Math.round((end - start) / step) + 1 }, (_, i) => start + i * step),
  };
}

function axes(across: Scale, up: Scale, lost: string): readonly string[] {
  const bottom = PLOT.top + PLOT.height;
  const middle = PLOT.top + PLOT.height / 2;
  return [
    line(
      [
        { x: PLOT.left, y: PLOT.top },
        { x: PLOT.left, y: bottom },
      ],
      COLOURS.axis,
    ),
    line(
      [
        { x: PLOT.left, y: bottom },
        { x: PLOT.left + PLOT.width, y: bottom },
      ],
      COLOURS.axis,
    ),
    ...across.ticks.map((tick) =>
      svgText(across.place(tick), bottom + 18, tick.toLocaleString('en-US'), { 'text-anchor': 'middle' }),
    ),
    ...up.ticks.map((tick) =>
      svgText(PLOT.left - 8, up.place(tick) + 4, String(Number(tick.toPrecision(3))), {
        'text-anchor': 'end',
      }),
    ),
    svgText(PLOT.left + PLOT.width / 2, bottom + 40, 'constraints of the whole model', {
      'text-anchor': 'middle',
    }),
    svgText(18, middle, lost, { 'text-anchor': 'middle', transform: `rotate(-90 18 ${middle})` }),
  ];
}

function legend(kind: MeasuredTradeoff['kind']): readonly string[] {
  const right = PLOT.left + PLOT.width - 190;
  const entries = [
    ['estimated on calibration samples', COLOURS.estimated],
    ...(kind === 'answers' ? [['measured on held-out samples', COLOURS.measured]] : []),
  ];
  return entries.flatMap(([text, colour], i) => [
    dot(right, PLOT.top + 8 + 18 * i, colour),
    svgText(right + 10, PLOT.top + 12 + 18 * i, text),
  ]);
}

function dot(cx: number, cy: number, fill: string): string {
  return svg('circle', { cx, cy, r: 4, fill });
}

function line(
  points: readonly { readonly x: number; readonly y: number }[],
  stroke: string,
  dashes = '',
): string {
  const d = points.map(({ x, y }, i) => `${i === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('');
  return svg('path', { d, fill: 'none', stroke, ...(dashes ? { 'stroke-dasharray': dashes } : {}) });
}
