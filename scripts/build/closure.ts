import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/** What a set of entry files needs of this project. Paths are relative to its root. */
export interface Closure {
  /** Modules, those that run in processes and threads of their own included. */
  readonly files: ReadonlySet<string>;
  /** Files and folders that modules read beside themselves. */
  readonly assets: ReadonlySet<string>;
  /** Declarations of packages without types, beside the modules that import them. */
  readonly declarations: readonly string[];
}

const BESIDE = /\b(moduleBeside|fileBeside)\(import\.meta\.url, '([^']+)'\)/g;

/** Follows imports, types included, and `moduleBeside` and `fileBeside` (protocol/beside.ts). */
export function closureOf(root: string, entries: readonly string[]): Closure {
  const files = new Set<string>();
  const assets = new Set<string>();
  const left = [...entries];
  for (let file = left.pop(); file !== undefined; file = left.pop()) {
    if (files.has(file)) continue;
    files.add(file);
    const text = readFileSync(path.join(root, file), 'utf8');
    const from = (name: string): string => path.join(path.dirname(file), name);
    for (const { fileName } of ts.preProcessFile(text, true).importedFiles) {
      if (fileName.startsWith('.')) left.push(from(fileName));
    }
    for (const [, kind, name] of text.matchAll(BESIDE)) {
      if (kind === 'moduleBeside') left.push(`${from(name)}.ts`);
      else if (existsSync(path.join(root, from(name)))) assets.add(from(name));
    }
  }
  const folders = new Set([...files].map((file) => path.dirname(file)));
  const declarations = [...folders].flatMap((folder) =>
    readdirSync(path.join(root, folder))
      .filter((name) => name.endsWith('.d.ts'))
      .map((name) => path.join(folder, name)),
  );
  return { files, assets, declarations };
}
