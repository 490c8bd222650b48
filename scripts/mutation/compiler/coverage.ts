import { Session, type Profiler } from 'node:inspector/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** By source, where it ran: pairs of offsets, from and up to. */
export type Reached = Readonly<Record<string, readonly (readonly [from: number, to: number])[]>>;

/** Says what of the sources ran since it was asked last, expression by expression. */
export class Coverage {
  readonly #session = new Session();
  readonly #isAsked: (file: string) => boolean;

  /** @param isAsked whether a source, named from the working folder, is of interest */
  constructor(isAsked: (file: string) => boolean) {
    this.#isAsked = isAsked;
  }

  async start(): Promise<void> {
    this.#session.connect();
    await this.#session.post('Profiler.enable');
    await this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  async take(): Promise<Reached> {
    const { result } = await this.#session.post('Profiler.takePreciseCoverage');
    const reached: Record<string, (readonly [number, number])[]> = {};
    for (const { url, functions } of result) {
      if (!url.startsWith('file:')) continue;
      const file = path.relative(process.cwd(), fileURLToPath(url));
      if (!this.#isAsked(file)) continue;
      const ran = whereItRan(functions);
      if (ran.length > 0) reached[file] = ran;
    }
    return reached;
  }
}

/** Types are blanks where Node has taken them away, so offsets are those of the source. */
function whereItRan(functions: readonly Profiler.FunctionCoverage[]): (readonly [number, number])[] {
  const ranges = functions.flatMap((one) => one.ranges);
  const marks = new Uint8Array(ranges.reduce((end, { endOffset }) => Math.max(end, endOffset), 0) + 1);
  // From the outside in: what is inside says more.
  const size = (range: Profiler.CoverageRange): number => range.endOffset - range.startOffset;
  for (const range of ranges.toSorted((a, b) => size(b) - size(a)))
    marks.fill(range.count > 0 ? 1 : 0, range.startOffset, range.endOffset);
  const found: (readonly [number, number])[] = [];
  for (let at = marks.indexOf(1); at >= 0; at = marks.indexOf(1, found.at(-1)?.[1])) {
    found.push([at, marks.indexOf(0, at)]);
  }
  return found;
}
