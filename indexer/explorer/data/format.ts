/** What an amount is in: the market's asset. */
export interface Asset {
  readonly symbol: string | null;
  readonly decimals: number | null;
}

const GROUPS = /\B(?=(\d{3})+(?!\d))/g;

/** `1234567` as `1,234,567`. */
export function grouped(digits: string | number): string {
  return String(digits).replace(GROUPS, ',');
}

/**
 * An amount in units, cut (not rounded up) to four significant places after the point.
 * @param amount decimal digits in the smallest unit, with a minus perhaps
 */
export function inUnits(amount: string | bigint, decimals: number, places = 4): string {
  const whole = BigInt(amount);
  const negative = whole < 0n;
  const digits = (negative ? -whole : whole).toString().padStart(decimals + 1, '0');
  const units = digits.slice(0, digits.length - decimals);
  const fraction = decimals === 0 ? '' : digits.slice(-decimals);
  const first = fraction.search(/[1-9]/);
  const kept = units === '0' && first >= 0 ? first + places : places;
  const shown = fraction.slice(0, kept).replace(/0+$/, '');
  return `${negative ? '−' : ''}${grouped(units)}${shown === '' ? '' : `.${shown}`}`;
}

/** All of it: what a hover tells. */
export function exactly(amount: string | bigint, { symbol, decimals }: Asset): string {
  if (decimals === null) return `${grouped(BigInt(amount).toString())} of the smallest unit`;
  return `${inUnits(amount, decimals, decimals)} ${symbol ?? ''}`.trim();
}

const STEPS: readonly (readonly [number, string])[] = [
  [60, 's'],
  [60, 'min'],
  [24, 'h'],
  [Number.POSITIVE_INFINITY, 'd'],
];

/** A span of seconds in its largest unit: `42 s`, `3 min`, `5 h`, `9 d`. */
export function span(seconds: number): string {
  let value = Math.abs(seconds);
  for (const [size, unit] of STEPS) {
    if (value < size)
      return `${value < 10 && unit !== 's' ? value.toFixed(1).replace(/\.0$/, '') : Math.floor(value)} ${unit}`;
    value /= size;
  }
  return '';
}

export function relative(time: number, now: number): string {
  const away = time - now;
  if (Math.abs(away) < 1) return 'now';
  return away < 0 ? `${span(away)} ago` : `in ${span(away)}`;
}

/** `0x12345678…cdef` */
export function short(hex: string): string {
  return hex.length <= 14 ? hex : `${hex.slice(0, 8)}…${hex.slice(-4)}`;
}

export function percent(fraction: number, places = 0): string {
  return `${(100 * fraction).toFixed(places)} %`;
}

export function median(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export function sum<Row>(rows: readonly Row[], amountOf: (row: Row) => string): bigint {
  return rows.reduce((total, row) => total + BigInt(amountOf(row)), 0n);
}

/** `LEFT_OVER` as `left over`. */
export function words(constant: string): string {
  return constant.toLowerCase().replaceAll('_', ' ');
}
