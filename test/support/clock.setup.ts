import { afterAll } from 'vitest';

/** The clock of a worker, as its first file found it. */
interface Real {
  realTimers?: Pick<typeof globalThis, 'setTimeout' | 'clearTimeout' | 'setInterval' | 'Date'>;
}

const { setTimeout, clearTimeout, setInterval, Date } = globalThis;
const real = ((globalThis as Real).realTimers ??= { setTimeout, clearTimeout, setInterval, Date });

/** The files of a worker share its globals: what waits in the next one would wait for ever on a clock that this one left standing. */
afterAll(() => {
  const left = Object.entries(real).filter(
    ([name, value]) => globalThis[name as keyof typeof real] !== value,
  );
  if (left.length === 0) return;
  Object.assign(globalThis, real);
  throw new Error(`the file left another ${left.map(([name]) => name).join(', ')} than it found`);
});
