import { type Exact, type Exacts } from '../../integer/exact.ts';
/** One plan an entry of an interval; entries with the same bounds share it. */
export function byEntry<Plan>(
  low: Exacts,
  high: Exacts,
  plan: (low: Exact, high: Exact) => Plan,
): readonly Plan[] {
  const known = new Map<string, Plan>();
  return Array.from(low, (least, entry) => {
    const key = `${least} ${high[entry]}`;
    let found = known.get(key);
    if (found === undefined) {
      found = plan(least, high[entry]);
      known.set(key, found);
    }
    return found;
  });
}
