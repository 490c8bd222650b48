/**
 * A module of ours that runs in a process or thread of its own, by its name without an extension: TypeScript in the clone,
 * JavaScript in what is published. A lint rule keeps `import.meta` to this function and to {@link fileBeside}, and the build
 * follows them to what else belongs to a package.
 * @param here the caller's `import.meta.url`
 * @param name e.g. `./worker`
 */
export function moduleBeside(here: string, name: string): URL {
  return new URL(`${name}${here.slice(here.lastIndexOf('.'))}`, here);
}

/**
 * A file or folder that lies beside a module in the clone and in what is published.
 * @param here the caller's `import.meta.url`
 * @param name e.g. `../package.json`
 */
export function fileBeside(here: string, name: string): URL {
  return new URL(name, here);
}
