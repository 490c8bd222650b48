import { BadInputError } from '../../protocol/errors.ts';

/** Seconds of a day. */
const DAY = 86_400;
const DEFAULT_DAYS = 30;

/** Some days in UTC, as seconds since 1970: from the first's midnight to the midnight after the last. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * The days that are asked for; with neither named the last thirty, today's included.
 * @param since the first day, `2026-11-29`
 * @param days how many: from `since` on, without it the last so many
 * @param now seconds since 1970
 * @throws BadInputError DAYS_MALFORMED
 */
export function spanOf(
  { since, days }: { readonly since?: string | undefined; readonly days?: string | undefined },
  now: number,
): Span {
  const tomorrow = midnight(now) + DAY;
  const count = days === undefined ? undefined : countOf(days);
  if (since === undefined) return { from: tomorrow - (count ?? DEFAULT_DAYS) * DAY, to: tomorrow };
  const from = Date.parse(`${since}T00:00:00Z`) / 1000;
  if (!/^\d{4}-\d\d-\d\d$/.test(since) || dayOf(from) !== since) {
    throw new BadInputError('DAYS_MALFORMED', `expected a day like 2026-11-29, got ${since.slice(0, 40)}`, {
      hint: 'Days begin at midnight UTC.',
    });
  }
  return { from, to: count === undefined ? tomorrow : Math.min(tomorrow, from + count * DAY) };
}

/** The day in UTC, `2026-11-29`. @param seconds since 1970; any */
export function dayOf(seconds: number): string {
  return Number.isFinite(seconds) ? new Date(seconds * 1000).toISOString().slice(0, 10) : '';
}

/** Every day of a span. */
export function daysOf({ from, to }: Span): string[] {
  return Array.from({ length: Math.max(0, Math.ceil((to - from) / DAY)) }, (_, i) => dayOf(from + i * DAY));
}

export function midnight(seconds: number): number {
  return seconds - (seconds % DAY);
}

function countOf(days: string): number {
  if (/^[1-9]\d{0,4}$/.test(days)) return Number(days);
  throw new BadInputError('DAYS_MALFORMED', `expected a number of days, 1 or more, got ${days.slice(0, 40)}`);
}
