/** A line on standard error: standard output is the command's. */
export function say(text) {
  process.stderr.write(`sliceproof: ${text}\n`);
}

/** Ends this process because the machine lacks something. */
export function fail(problem, hint) {
  say(`${problem}\n  ${hint}`);
  process.exit(1);
}
