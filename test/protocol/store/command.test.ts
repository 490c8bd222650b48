import { describe, expect, it } from 'vitest';
import { storeCommand } from '../../../protocol/store/command.ts';

describe('sliceproof store start', () => {
  it('does not serve everybody when the variable of its token is not set', async () => {
    const flags = ['--port', '0', '--token-env', 'SLICEPROOF_TEST_NO_SUCH_VARIABLE'];
    await expect(storeCommand().parseAsync(['start', ...flags], { from: 'user' })).rejects.toMatchObject({
      code: 'STORE_TOKEN_MISSING',
    });
  });

  it('is not said to be ready where nothing can be kept', async () => {
    for (const folder of [import.meta.filename, `${import.meta.filename}/deeper`]) {
      const started = storeCommand().parseAsync(['start', '--port', '0', '--folder', folder], {
        from: 'user',
      });
      await expect(started).rejects.toMatchObject({ code: 'STORE_FOLDER' });
    }
  });

  it('refuses a port that is none by name', async () => {
    const started = storeCommand().parseAsync(['start', '--port', 'http'], { from: 'user' });
    await expect(started).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});
