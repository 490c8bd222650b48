import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const script = fileURLToPath(new URL('./digests.ts', import.meta.url));
const run = promisify(execFile);

describe('a build', () => {
  it('has the same programs and circuits in another process with another language and time zone', async () => {
    const outputs = await Promise.all(
      [
        { TZ: 'UTC', LC_ALL: 'C', LANG: 'C' },
        { TZ: 'Pacific/Kiritimati', LC_ALL: 'tr_TR.UTF-8', LANG: 'tr_TR.UTF-8' },
      ].map(
        async (env) => (await run(process.execPath, [script], { env: { ...process.env, ...env } })).stdout,
      ),
    );
    expect(outputs[0].match(/ [0-9a-f]{64}( [0-9a-f]{64}){2}$/gm)?.length).toBeGreaterThan(1);
    expect(outputs[1]).toBe(outputs[0]);
  });
});
