/**
 * When something that a test waits for is taken for hung: an end to a hang, which no machine meets that only is slow. The
 * whole of a file's work takes some seconds, two minutes at most, and CI's machines aren't a tenth as fast.
 */
export const HANG_MS = 20 * 60_000;
