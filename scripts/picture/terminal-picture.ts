import { stripVTControlCharacters } from 'node:util';
import { svg, svgText, type Attributes } from '../../slicer/report/svg.ts';

const FONT = 12;
const LINE = 17;
/** Of a letter of a monospace font, whichever is there. */
const LETTER = 0.6 * FONT;
const MARGIN = 16;

/** Ink and paper, for both colour schemes of a browser; a class of text each. */
const STYLE =
  '.paper{fill:#f6f8fa;stroke:#d0d7de}text{fill:#1f2328;white-space:pre}.bold{font-weight:bold}.dim{fill:#59636e}' +
  '.green{fill:#116329}.yellow{fill:#7d4e00}.red{fill:#a40e26}.cyan{fill:#0550ae}' +
  '@media(prefers-color-scheme:dark){.paper{fill:#0d1117;stroke:#3d444d}text{fill:#e6edf3}.dim{fill:#9198a1}' +
  '.green{fill:#7ee787}.yellow{fill:#e3b341}.red{fill:#ff7b72}.cyan{fill:#79c0ff}}';

/** What the codes of a terminal that we write mean (SGR); others are left out. */
const CLASSES: Readonly<Record<string, string>> = {
  1: 'bold',
  2: 'dim',
  31: 'red',
  32: 'green',
  33: 'yellow',
  36: 'cyan',
};

interface Run {
  readonly text: string;
  readonly classes: readonly string[];
}

/** A terminal's text with its colours as a picture (SVG) that is legible on light and dark pages. */
export function terminalPicture(title: string, text: string): string {
  const lines = text.replace(/\n$/, '').split('\n');
  const letters = Math.max(...lines.map((line) => stripVTControlCharacters(line).length));
  const width = Math.ceil(2 * MARGIN + letters * LETTER);
  const height = 2 * MARGIN + lines.length * LINE;
  const parts = lines.flatMap((line, row) => {
    let column = 0;
    return runsOf(line).map((run) => {
      const x = MARGIN + column * LETTER;
      column += run.text.length;
      // Every letter at its place, in whatever font there is.
      const attributes: Attributes = { textLength: run.text.length * LETTER };
      const named = run.classes.length === 0 ? attributes : { ...attributes, class: run.classes.join(' ') };
      return run.text.trim() === '' ? '' : svgText(x, MARGIN + row * LINE + FONT, run.text, named);
    });
  });
  const size = { width, height, viewBox: `0 0 ${width} ${height}` };
  const font = { 'font-family': 'ui-monospace, Menlo, Consolas, monospace', 'font-size': FONT };
  const paper = svg('rect', {
    class: 'paper',
    x: 0.5,
    y: 0.5,
    width: width - 1,
    height: height - 1,
    rx: 6,
  });
  const root = { xmlns: 'http://www.w3.org/2000/svg', role: 'img', ...size, ...font };
  return `${svg('svg', root, svg('title', {}, title), svg('style', {}, STYLE), paper, ...parts)}\n`;
}

/** A line's parts of one look. */
function runsOf(line: string): readonly Run[] {
  const runs: Run[] = [];
  let classes: readonly string[] = [];
  // eslint-disable-next-line no-control-regex -- escapes are what is looked for
  for (const [, codes, text] of line.matchAll(/(?:\u001b\[([\d;]*)m)?((?:(?!\u001b\[[\d;]*m).)*)/g)) {
    if (codes !== undefined) classes = after(classes, codes);
    if (text !== '') runs.push({ text, classes });
  }
  return runs;
}

/** What counts after a code: 22 ends bold and dim, 39 a colour, 0 all. */
function after(classes: readonly string[], codes: string): readonly string[] {
  return codes.split(';').reduce((now, code) => {
    if (code === '' || code === '0') return [];
    if (code === '22') return now.filter((name) => name !== 'bold' && name !== 'dim');
    if (code === '39') return now.filter((name) => name === 'bold' || name === 'dim');
    return code in CLASSES ? [...now, CLASSES[code]] : now;
  }, classes);
}
