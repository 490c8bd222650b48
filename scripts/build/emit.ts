import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { SliceproofError } from '../../protocol/errors.ts';

/** A file of a package: its path there, and what is in it. */
export type Emit = (file: string, content: string) => void;

const JAVASCRIPT: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  verbatimModuleSyntax: true,
  rewriteRelativeImportExtensions: true,
  sourceMap: true,
  inlineSources: true,
};

/** With types, as TypeScript checks them against the oldest Node that the library runs on. */
const LIBRARY: ts.CompilerOptions = {
  ...JAVASCRIPT,
  lib: ['lib.es2023.d.ts', 'lib.dom.asynciterable.d.ts'],
  types: ['node'],
  strict: true,
  skipLibCheck: true,
  resolveJsonModule: true,
  declaration: true,
  noEmitOnError: true,
};

/**
 * JavaScript, source maps and types of modules and all that they import.
 * @throws SliceproofError BUILD_TYPES
 */
export function emitTyped(root: string, files: readonly string[], emit: Emit): void {
  const options = { ...LIBRARY, rootDir: root, outDir: root };
  const program = ts.createProgram([...files.map((file) => path.join(root, file))], options);
  const failed = [...ts.getPreEmitDiagnostics(program)];
  if (failed.length === 0) {
    const done = program.emit(undefined, (file, text) =>
      emit(path.relative(root, file), pathsOfTypes(file, text)),
    );
    failed.push(...done.diagnostics);
  }
  if (failed.length === 0) return;
  const host = {
    getCanonicalFileName: (name: string) => name,
    getCurrentDirectory: () => root,
    getNewLine: () => '\n',
  };
  throw new SliceproofError('BUILD_TYPES', ts.formatDiagnostics(failed.slice(0, 20), host));
}

/** JavaScript and source maps alone, each file by itself. */
export function emitPlain(root: string, files: readonly string[], emit: Emit): void {
  for (const file of files.filter((name) => !name.endsWith('.d.ts'))) {
    const text = readFileSync(path.join(root, file), 'utf8');
    const { outputText, sourceMapText = '' } = ts.transpileModule(text, {
      // By itself a file doesn't say that it is a module.
      compilerOptions: {
        ...JAVASCRIPT,
        module: ts.ModuleKind.ESNext,
        moduleResolution: ts.ModuleResolutionKind.Bundler,
      },
      fileName: path.join(root, file),
    });
    const target = file.replace(/\.ts$/, '.js');
    emit(target, outputText);
    emit(`${target}.map`, sourceMapText);
  }
}

/** TypeScript leaves the extensions of imports in declarations as they are. */
function pathsOfTypes(file: string, text: string): string {
  return file.endsWith('.d.ts')
    ? text.replace(/((?:from|import\()\s*['"]\.[^'"]*)\.ts(['"])/g, '$1.js$2')
    : text;
}
