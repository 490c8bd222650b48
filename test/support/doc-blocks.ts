import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..', '..');

/** A fenced block of a page. */
export interface DocBlock {
  readonly language: string;
  readonly code: string;
  /** Of the page, from 1. */
  readonly line: number;
  /** What the page says of why no test runs it: `<!-- not run: … -->` above the block. */
  readonly notRun: string | undefined;
}

/** Every page that people read, by its path in the clone. */
export const pages: readonly string[] = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'groth16/README.md',
  ...readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => path.join('docs', file))
    .sort(),
];

export function textOf(page: string): string {
  return readFileSync(path.join(root, page), 'utf8');
}

/** The blocks of a page in their order; those in lists too, without their indentation. */
export function blocksOf(page: string): readonly DocBlock[] {
  const found: DocBlock[] = [];
  const lines = textOf(page).split('\n');
  for (let at = 0; at < lines.length; at++) {
    const open = /^( *)```(\w*)$/.exec(lines[at]);
    if (!open) continue;
    const [, indent, language] = open;
    const end = lines.indexOf(`${indent}\`\`\``, at + 1);
    const code = lines.slice(at + 1, end).map((line) => line.slice(indent.length));
    const above = lines.slice(0, at).join('\n').trimEnd();
    const notRun = /<!-- not run: ([^]*?) -->$/.exec(above)?.[1];
    found.push({ language, code: `${code.join('\n')}\n`, line: at + 1, notRun });
    at = end;
  }
  return found;
}

/** What the blocks of a language say that tests run. */
export function codeOf(page: string, language: string): readonly string[] {
  return blocksOf(page)
    .filter((block) => block.language === language && block.notRun === undefined)
    .map(({ code }) => code);
}
