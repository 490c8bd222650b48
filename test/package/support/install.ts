import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';

const root = path.resolve(import.meta.dirname, '..', '..', '..');

/** npm's package with Node's binary for this machine. */
const { BINARY_PACKAGE } = (await import(
  pathToFileURL(path.join(root, 'bin', 'bootstrap', 'node.js')).href
)) as { BINARY_PACKAGE: string | undefined };

export interface Ran {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

export async function run(
  program: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = {},
): Promise<Ran> {
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, NODE_OPTIONS: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, output, errors };
}

/** @returns what it printed */
export async function must(
  program: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  const { code, output, errors } = await run(program, args, cwd, env);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${output}\n${errors}`);
  return output;
}

/** What npm wrote down of an installed package. */
interface Locked {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly hasInstallScript?: boolean;
}

/** A project of somebody else's, outside the clone, with both packages as they would come from a registry. */
export interface Installed {
  readonly folder: string;
  /** Packages by their place, as npm's own lock has them. */
  readonly packages: ReadonlyMap<string, Locked>;
  /** Node's binaries by their major version. */
  readonly nodes: ReadonlyMap<number, string>;
}

/** Builds, packs and installs once, with whatever else the checks need in the project. */
export async function install(folder: string): Promise<Installed> {
  const built = path.join(folder, 'built');
  const project = path.join(folder, 'project');
  await mkdir(project, { recursive: true });
  await must(process.execPath, ['scripts/build.ts', built], root);
  const names = ['sliceproof', 'sliceproof-cli'].map((name) => path.join(built, name));
  const packed = await must('npm', ['pack', '--json', '--pack-destination', folder, ...names], folder);
  const archives = (JSON.parse(packed) as { filename: string }[]).map(({ filename }) =>
    path.join(folder, filename),
  );

  const here = await nodesHere(folder);
  const lacking = [20, 22, 24].filter((major) => !here.has(major) && BINARY_PACKAGE !== undefined);
  const others = lacking.map((major) => `node${major}@npm:${BINARY_PACKAGE}@${major}`);
  await writeFile(
    path.join(project, 'package.json'),
    '{ "name": "somebody-elses", "private": true, "type": "module" }\n',
  );
  // npm takes what the Node under it may run: the oldest's user gets the oldest packages.
  const oldest = here.get(20) ?? process.execPath;
  await must(
    'npm',
    ['install', '--no-audit', '--no-fund', '--loglevel=error', ...archives, 'solc@0.8.28', ...others],
    project,
    { PATH: `${path.dirname(oldest)}${path.delimiter}${process.env.PATH}` },
  );
  for (const major of lacking)
    here.set(major, path.join(project, 'node_modules', `node${major}`, 'bin', 'node'));

  const lock = JSON.parse(await readFile(path.join(project, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Locked>;
  };
  return { folder: project, packages: new Map(Object.entries(lock.packages)), nodes: here };
}

/** Every Node on the path, and this process's own. */
async function nodesHere(folder: string): Promise<Map<number, string>> {
  const places = (process.env.PATH ?? '').split(path.delimiter).map((place) => path.join(place, 'node'));
  const found = new Map<number, string>();
  for (const node of [...places.filter((place) => existsSync(place)), process.execPath]) {
    const version = await must(node, ['-p', 'process.versions.node'], folder);
    found.set(Number(version.split('.')[0]), node);
  }
  return found;
}

/** All packages that a package brings, by name. */
export function broughtBy({ packages }: Installed, name: string): ReadonlySet<string> {
  const found = new Set<string>();
  const left = [`node_modules/${name}`];
  for (let place = left.pop(); place !== undefined; place = left.pop()) {
    if (found.has(place)) continue;
    found.add(place);
    for (const needed of Object.keys(packages.get(place)?.dependencies ?? {})) {
      // As Node looks for it: in the package's own folder, then in those above.
      for (let above = place; ; above = above.slice(0, Math.max(0, above.lastIndexOf('/node_modules/')))) {
        const at = `${above === '' ? '' : `${above}/`}node_modules/${needed}`;
        if (packages.has(at)) {
          left.push(at);
          break;
        }
        if (above === '') throw new Error(`${place} needs ${needed}, which isn't there`);
      }
    }
  }
  return new Set([...found].map((place) => place.slice(place.lastIndexOf('node_modules/') + 13)));
}
