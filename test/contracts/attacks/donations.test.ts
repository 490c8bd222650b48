import { expect } from 'chai';
import { world } from '../support/world.ts';

describe('attack: a donation that fills the ledger', () => {
  it('stops no deposit and no withdrawal: what counts is what came in by deposits', async () => {
    const w = await world();
    await w.token.mint(w.outsider.address, 2n ** 112n);
    await w.token.connect(w.outsider).transfer(w.addresses.market, 2n ** 112n - 1n);
    await w.market.connect(w.alice).deposit(w.alice, 5n);
    await w.market.connect(w.alice).withdraw(5n, w.alice.address, false);
    // Room that a withdrawal made can be filled again.
    const most = 2n ** 112n - 1n - 6n * 100n * 10n ** 18n;
    await w.token.mint(w.alice.address, most);
    await w.market.connect(w.alice).deposit(w.alice, most);
    await w.market.connect(w.alice).withdraw(1n, w.alice.address, false);
    await w.market.connect(w.alice).deposit(w.alice, 1n);
    await expect(w.market.connect(w.alice).deposit(w.alice, 1n))
      .to.be.revertedWithCustomError(w.market, 'AmountTooLarge')
      .withArgs(2n ** 112n);
  });
});
