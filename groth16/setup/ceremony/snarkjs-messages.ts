/** A call of one of snarkjs's zkey functions; files are paths. */
export type SnarkjsCall =
  | { readonly what: 'new'; readonly r1cs: string; readonly phase1: string; readonly to: string }
  | {
      readonly what: 'contribute';
      readonly from: string;
      readonly to: string;
      readonly name: string;
      readonly entropy: string;
    }
  | {
      readonly what: 'beacon';
      readonly from: string;
      readonly to: string;
      readonly name: string;
      readonly beacon: string;
      readonly iterationsExponent: number;
    }
  | { readonly what: 'verify'; readonly r1cs: string; readonly phase1: string; readonly zkey: string };

/** What came of it. snarkjs answers with false or −1 where it refuses, and says why on the way. */
export type SnarkjsAnswer =
  { readonly done: true } | { readonly done: false; readonly reasons: readonly string[] };
