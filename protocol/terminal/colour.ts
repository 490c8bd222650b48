import process from 'node:process';
import pc from 'picocolors';

/**
 * Whether a stream gets colours: only one that is a terminal. `NO_COLOR` takes them away, `FORCE_COLOR` gives them to a pipe too.
 * The library's own answer also counts `CI`, so that what a build server kept of us, and what it matched in it, had escapes in it.
 */
export function wantsColour(
  screen: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>> = process.env,
): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== '0';
  return screen.isTTY === true && env.TERM !== 'dumb';
}

/** Colours for what goes to standard output. */
export const colour = pc.createColors(wantsColour(process.stdout));

/** Colours for what goes to standard error. */
export const errorColour = pc.createColors(wantsColour(process.stderr));
