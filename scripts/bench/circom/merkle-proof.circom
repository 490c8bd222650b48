pragma circom 2.0.0;
include "circomlib/circuits/poseidon.circom";
include "circomlib/circuits/switcher.circom";
// A leaf's path to the root of a tree of Poseidon hashes; `right` says at each level whether the node is the right one.
template MerkleProof(depth) {
  signal input leaf;
  signal input siblings[depth];
  signal input right[depth];
  signal output root;
  component sides[depth];
  component hashes[depth];
  signal nodes[depth + 1];
  nodes[0] <== leaf;
  for (var i = 0; i < depth; i++) {
    right[i] * (right[i] - 1) === 0;
    sides[i] = Switcher();
    sides[i].sel <== right[i];
    sides[i].L <== nodes[i];
    sides[i].R <== siblings[i];
    hashes[i] = Poseidon(2);
    hashes[i].inputs[0] <== sides[i].outL;
    hashes[i].inputs[1] <== sides[i].outR;
    nodes[i + 1] <== hashes[i].out;
  }
  root <== nodes[depth];
}
