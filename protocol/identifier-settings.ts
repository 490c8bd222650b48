import { z } from 'zod';

/** Something that is written as 0x and so many hexadecimal digits. */
interface Identifier {
  readonly what: string;
  readonly digits: number;
}

const ADDRESS: Identifier = { what: 'an address', digits: 40 };
const MODEL_ID: Identifier = { what: 'a model’s id', digits: 64 };

/** The address of an account, as it was written: its checksum is for whoever has ethers at hand. */
export const addressSetting = identifierSetting(ADDRESS);

/** The id of a model, in lower case as events have it. */
export const modelIdSetting = identifierSetting(MODEL_ID).transform((id) => id.toLowerCase());

function identifierSetting(kind: Identifier) {
  return z.string().superRefine((text, context) => {
    const message = whatIsWrong(text, kind);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });
}

/** What somebody may have meant who wrote this; undefined: it is one. */
function whatIsWrong(text: string, { what, digits }: Identifier): string | undefined {
  const expected = `expected ${what}, 0x and ${digits} hexadecimal digits`;
  const bare = text.replace(/^0x/i, '');
  if (/^[0-9a-fA-F]+$/.test(bare)) {
    const other = [ADDRESS, MODEL_ID].find((kind) => kind.digits === bare.length);
    if (other && other.digits !== digits)
      return `${expected}; ${text} has ${bare.length}, as ${other.what} has`;
    if (!other) return `${expected}; ${text} has ${bare.length}`;
    if (/^0+$/.test(bare)) return `${expected}; zero is nobody’s`;
    return text.startsWith('0x') ? undefined : `${expected}: did you mean 0x${bare}?`;
  }
  if (/^[\w-]+(\.[\w-]+)+$/.test(text)) return `${expected}; names like ${text} are not looked up`;
  const [strange] = bare.match(/[^0-9a-fA-F]/u) ?? [];
  return strange === undefined ? `${expected}, not nothing` : `${expected}; “${strange}” in ${text} is none`;
}
