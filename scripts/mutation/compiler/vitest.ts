// What tests import as `vitest` where a mutant is tried: Mocha's suites, which one process runs file by file without a
// server or a transform, and Vitest's own `expect`.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import path from 'node:path';
import { format } from 'node:util';

type Body = (...values: never[]) => unknown;
type Declare = (title: string, body: Body) => void;

const globals = globalThis as unknown as Record<string, Declare & ((body: Body) => void)>;
const packageFile = createRequire(import.meta.url).resolve('vitest/package.json');
const index = pathToFileURL(path.join(path.dirname(packageFile), 'dist', 'index.js')).href;

export const { expect, vi } = (await import(index)) as { expect: unknown; vi: unknown };

/** One suite or test for each case: a row's entries are the body's arguments. */
function withEach(name: string): Declare & { each: (cases: readonly unknown[]) => Declare } {
  const declare: Declare = (title, body) => globals[name](title, () => body());
  const each = (cases: readonly unknown[]): Declare => {
    return (title, body) => {
      for (const one of cases) {
        const values = (Array.isArray(one) ? one : [one]) as never[];
        globals[name](format(title, ...(values as unknown[])), () => body(...values));
      }
    };
  };
  return Object.assign(declare, { each });
}

export const describe = withEach('describe');
export const it = withEach('it');
export const beforeAll = (body: Body): void => globals.before(body);
export const afterAll = (body: Body): void => globals.after(body);
