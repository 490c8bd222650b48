import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';

/** A file system of its own, in memory, that can be filled. */
export interface SmallDisk {
  /** Takes all the room there is. */
  fill(): Promise<void>;
  /** Gives it back. */
  free(): void;
  unmount(): void;
}

/** Mounts one on a folder; undefined where this machine lets nobody. */
export function mountSmallDisk(folder: string, size: string): SmallDisk | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined;
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder], { stdio: 'pipe' });
  } catch {
    return undefined;
  }
  const ballast = path.join(folder, 'ballast');
  return {
    async fill() {
      // What fits of a piece stays when the write fails.
      for (const bytes of [2 ** 20, 2 ** 16, 2 ** 12]) {
        while (
          await writeFile(ballast, Buffer.alloc(bytes), { flag: 'a' }).then(
            () => true,
            () => false,
          )
        );
      }
    },
    free: () => execFileSync('rm', ['-f', ballast]),
    unmount: () => execFileSync('umount', ['-l', folder]),
  };
}
