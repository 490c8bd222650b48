import { z } from 'zod';

/**
 * Characters that change how the text around them is shown: controls (a terminal hides, moves and colours by them), line ends,
 * and those that turn the direction of writing round.
 */
const CONTROLS = String.raw`\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069`;

/**
 * A name or a label that somebody else chose and people are shown, up to 1,000 characters: whoever chooses it has no say in
 * what stands beside it, as the word that a receipt holds.
 */
export const plainText = z
  .string()
  .max(1000)
  .regex(new RegExp(`^[^${CONTROLS}]*$`, 'u'), 'expected text without control characters');

/** Text as it is shown where it may be anybody's: controls as `\u001b`, but for line ends and tabs. */
export function withoutControls(text: string): string {
  return text.replaceAll(
    new RegExp(`(?![\\n\\t])[${CONTROLS}]`, 'gu'),
    (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
