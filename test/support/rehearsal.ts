import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { rehearsalPhase1 } from '../../groth16/setup/ceremony/rehearsal.ts';
import { deriveDevelopmentPhase1 } from '../../groth16/setup/trapdoor.ts';
import { copyShared } from './shared.ts';

/** Circuits of up to 2^11 rows can have a ceremony from it. */
export const REHEARSAL_POWER = 11;

/** Leaves a phase 1 for rehearsals in a folder, as `phase1.ptau`: made once in a run, from a seed. */
export const copyRehearsal = (folder: string): Promise<void> =>
  copyShared(
    `phase 1 of 2^${REHEARSAL_POWER}`,
    async (made) => {
      const secrets = deriveDevelopmentPhase1(Buffer.from('rehearsal'));
      await mkdir(made);
      await writeFile(path.join(made, 'phase1.ptau'), await rehearsalPhase1(secrets, REHEARSAL_POWER));
    },
    folder,
  );
