import type { Emit } from './emit.ts';

/** Makes the stand-ins of modules that need Node, and says which stand for which: package.json's `browser`. */
export function browserStubs(_emit: Emit): Readonly<Record<string, string>> {
  return {};
}
