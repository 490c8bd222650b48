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

/** Below a millionth of a unit zeros hide the number: then it is told in powers of a thousandth. */
const MOST_ZEROS = 6;
const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/**
 * An amount in units, cut (not rounded up) to some places after the point: `1,234.5`, `0.00012`, `335.2·10⁻¹⁵`.
 * @param amount decimal digits in 10^-decimals of a unit, with a minus perhaps
 */
export function inUnits(amount: string | bigint, decimals: number, places = 4): string {
  const whole = BigInt(amount);
  const sign = whole < 0n ? '−' : '';
  const digits = (whole < 0n ? -whole : whole).toString().padStart(decimals + 1, '0');
  const units = digits.slice(0, digits.length - decimals);
  const fraction = decimals === 0 ? '' : digits.slice(-decimals);
  const zeros = fraction.search(/[1-9]/);
  if (units !== '0' || zeros < MOST_ZEROS) {
    return sign + cut(units, fraction, units === '0' ? Math.max(0, zeros) + places : places);
  }
  const power = Math.min(decimals, 3 * Math.ceil((zeros + 1) / 3));
  const raised = [...String(power)].map((digit) => SUPERSCRIPTS[Number(digit)]).join('');
  return `${sign}${cut(String(BigInt(fraction.slice(0, power))), fraction.slice(power), places)}·10⁻${raised}`;
}

function cut(units: string, fraction: string, places: number): string {
  const shown = fraction.slice(0, places).replace(/0+$/, '');
  return `${grouped(units)}${shown === '' ? '' : `.${shown}`}`;
}

/** All of it: what a hover tells. */
export function exactly(amount: string | bigint, { symbol, decimals }: Asset): string {
  if (decimals === null) return `${grouped(BigInt(amount).toString())} of 10⁻¹⁸`;
  const digits = BigInt(amount)
    .toString()
    .replace('-', '')
    .padStart(decimals + 1, '0');
  const units = digits.slice(0, digits.length - decimals);
  const sign = BigInt(amount) < 0n ? '−' : '';
  return `${sign}${cut(units, digits.slice(digits.length - decimals), decimals)} ${symbol ?? ''}`.trim();
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
