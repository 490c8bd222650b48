export const HOUR = 3_600;
export const DAY = 24 * HOUR;
export const WEEK = 7 * DAY;

/** Periods that make a curve; with fewer, what happened is shown one by one. */
const ENOUGH = 3;

/** Days where there are enough, else hours; undefined: the market is too young for either. */
export function curveOf<Period>(
  days: readonly Period[],
  hours: readonly Period[],
): readonly Period[] | undefined {
  return [days, hours].find((periods) => periods.length >= ENOUGH);
}

/** Those that begin in the last so many seconds, or in the hour that was running then. */
export function since<Period extends { readonly start: number }>(
  periods: readonly Period[],
  seconds: number,
  now: number,
): readonly Period[] {
  return periods.filter(({ start }) => start + HOUR > now - seconds);
}

/** A value of every hour from the first one to now: 0 where nothing happened. */
export function everyHour<Period extends { readonly start: number }>(
  periods: readonly Period[],
  now: number,
  valueOf: (period: Period) => number,
): readonly { readonly at: number; readonly value: number }[] {
  const [first] = periods;
  if (first === undefined) return [];
  const values = new Map(periods.map((period) => [period.start, valueOf(period)]));
  const count = Math.max(1, Math.floor((now - first.start) / HOUR) + 1);
  return Array.from({ length: count }, (_, i) => {
    const at = first.start + i * HOUR;
    return { at, value: values.get(at) ?? 0 };
  });
}
