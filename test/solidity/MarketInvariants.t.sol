// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICircuitRegistry} from "../../contracts/interfaces/ICircuitRegistry.sol";
import {IModelRegistry} from "../../contracts/interfaces/IModelRegistry.sol";
import {ISliceMarket} from "../../contracts/interfaces/ISliceMarket.sol";
import {IMarketCore} from "../../contracts/interfaces/market/IMarketCore.sol";
import {IMarketViews} from "../../contracts/interfaces/market/IMarketViews.sol";
import {ISliceVerifier} from "../../contracts/interfaces/ISliceVerifier.sol";
import {JobState, SliceState} from "../../contracts/types/MarketStates.sol";
import {MarkHasher, MarkVerifier, MoodyToken} from "../support/solidity/Doubles.sol";
import {AccountCalls} from "../support/solidity/AccountCalls.sol";
import {Books} from "../support/solidity/Books.sol";
import {MarketHandler} from "../support/solidity/MarketHandler.sol";
import {Broken, deployCompiled, VM} from "../support/solidity/Vm.sol";

/// @title The invariants of docs/protocol.md, over random histories of calls to {MarketHandler}
contract MarketInvariants {
    uint256 private constant SLICES = 4;
    /// @dev Calls of one history, unless MARKET_CALLS asks for another number; MARKET_HISTORIES is how many there are.
    uint256 private constant CALLS = 128;
    /// @dev What arithmetic and array access revert with: a fault, never a refusal.
    bytes4 private constant PANIC = bytes4(keccak256("Panic(uint256)"));
    address private constant OWNER = address(0x0123);
    /// @dev Kinds of requests, see {HandlerBase-_request}: slice 0 is required, all others are contestable, there is time
    /// for challenges.
    uint256 private constant NO_AUDITS = 1_099_511_693_568;
    uint256 private constant ONE_AUDIT = 1_099_511_693_826;

    MarketHandler private _handler;
    ISliceMarket private _market;
    Books private _books;

    function setUp() public {
        VM.warp(1_800_000_000);
        VM.roll(1000);
        address circuits = deployCompiled("CircuitRegistry.sol:CircuitRegistry", "");
        address models = deployCompiled("ModelRegistry.sol:ModelRegistry", abi.encode(circuits));
        MarkVerifier verifier = new MarkVerifier(circuits);
        MoodyToken token = new MoodyToken();
        IMarketCore.Limits memory limits = IMarketCore.Limits(30, 30, 1, 100_000);
        bytes memory arguments = abi.encode(
            models,
            verifier,
            new MarkHasher(),
            deployCompiled("MarketLedger.sol:MarketLedger", abi.encode(token)),
            OWNER,
            address(0xfee),
            uint16(200),
            limits
        );
        _market = ISliceMarket(deployCompiled("SliceMarket.sol:SliceMarket", arguments));
        bytes32 modelId = _register(
            ICircuitRegistry(circuits),
            IModelRegistry(models),
            ISliceVerifier(address(verifier))
        );
        // Before the first deposit.
        _books = new Books(_market, address(0xfee));
        _handler = new MarketHandler(_market, token, modelId, OWNER);
        _books.book();
    }

    /// @notice A random history of {CALLS} calls, whose invariants hold all along, and whose jobs anybody can end.
    function testFuzz_history(uint256 seed) public {
        _books.open();
        _history(seed, _selectors());
    }

    /// @notice The same, after jobs of which slice 0 is required, none or one was drawn, and mostly another challenged:
    /// what few histories come to by themselves.
    function testFuzz_challengedHistory(uint256 seed) public {
        _books.open();
        _challengedJob(seed, NO_AUDITS, 1);
        _challengedJob(seed >> 32, ONE_AUDIT, 3);
        _challengedJob(seed >> 64, ONE_AUDIT, 1);
        _challengedJob(seed >> 96, NO_AUDITS, 3);
        bytes4[] memory all = _selectors();
        // What happens to a job with a trace.
        bytes4[] memory calls = new bytes4[](17);
        for (uint256 i = 0; i < calls.length; ++i) calls[i] = all[8 + i];
        _history(seed, calls);
    }

    function _history(uint256 seed, bytes4[] memory selectors) private {
        uint256 calls = VM.envOr("MARKET_CALLS", CALLS);
        for (uint256 i = 0; i < calls; ++i) {
            seed = uint256(keccak256(abi.encode(seed, i)));
            _call(seed, selectors);
            if (i % 8 == 7) _check();
        }
        _endAll();
        _check();
    }

    /// @dev `kind`: see {HandlerBase-_request}.
    function _challengedJob(uint256 seed, uint256 kind, uint256 slice) private {
        _handler.post(uint256(uint32(seed)) | (kind << 32));
        _handler.claimExecution(seed, 0);
        _handler.commitTrace(2, 0);
        VM.roll(VM.getBlockNumber() + 3);
        // Nothing to draw where no audits were asked for; what was drawn can't be challenged.
        try _handler.draw(0) {} catch {}
        try _handler.challenge(seed >> 8, 0, slice) {} catch {}
        _books.book();
    }

    /// @dev What a history is made of; some more often than others, or too few jobs would get far.
    function _selectors() private pure returns (bytes4[] memory calls) {
        calls = new bytes4[](43);
        calls[0] = MarketHandler.post.selector;
        calls[1] = MarketHandler.postWithTrace.selector;
        calls[2] = MarketHandler.postSigned.selector;
        calls[3] = MarketHandler.claimExecution.selector;
        calls[4] = MarketHandler.claimExecution.selector;
        calls[5] = MarketHandler.claimExecutionFor.selector;
        calls[6] = MarketHandler.commitTrace.selector;
        calls[7] = MarketHandler.commitTrace.selector;
        calls[8] = MarketHandler.draw.selector;
        calls[9] = MarketHandler.challenge.selector;
        calls[10] = MarketHandler.bid.selector;
        calls[11] = MarketHandler.bid.selector;
        calls[12] = MarketHandler.bidFor.selector;
        calls[13] = MarketHandler.settle.selector;
        calls[14] = MarketHandler.settle.selector;
        calls[15] = MarketHandler.settle.selector;
        calls[16] = MarketHandler.slash.selector;
        calls[17] = MarketHandler.slashExecution.selector;
        calls[18] = MarketHandler.raiseOffer.selector;
        calls[19] = MarketHandler.cancel.selector;
        calls[20] = MarketHandler.finalize.selector;
        calls[21] = MarketHandler.multicall.selector;
        calls[22] = MarketHandler.finalize.selector;
        calls[23] = MarketHandler.revealOutput.selector;
        calls[24] = MarketHandler.expire.selector;
        calls[25] = AccountCalls.deposit.selector;
        calls[26] = AccountCalls.depositFor.selector;
        calls[27] = AccountCalls.depositWithPermit.selector;
        calls[28] = AccountCalls.depositWithPermitFor.selector;
        calls[29] = AccountCalls.withdraw.selector;
        calls[30] = AccountCalls.pushBurned.selector;
        calls[31] = AccountCalls.setOperator.selector;
        calls[32] = AccountCalls.setFee.selector;
        calls[33] = AccountCalls.setTreasury.selector;
        calls[34] = AccountCalls.cancelNonce.selector;
        calls[35] = AccountCalls.donate.selector;
        calls[36] = AccountCalls.changeMoods.selector;
        calls[37] = AccountCalls.passTime.selector;
        calls[38] = AccountCalls.announceSunset.selector;
        calls[39] = AccountCalls.depositWithPermit2.selector;
        calls[40] = AccountCalls.depositCoins.selector;
        calls[41] = AccountCalls.withdrawCoins.selector;
        calls[42] = MarketHandler.bidSigned.selector;
    }

    /// @dev One call of the handler; what is refused is part of a history.
    function _call(uint256 seed, bytes4[] memory calls) private {
        // A quarter of the calls let time pass.
        bytes4 selector = seed % 4 == 0 ? AccountCalls.passTime.selector : calls[(seed >> 8) % calls.length];
        (bool done, bytes memory answer) = address(_handler).call(
            abi.encodeWithSelector(
                selector,
                keccak256(abi.encode(seed, 1)),
                keccak256(abi.encode(seed, 2)),
                keccak256(abi.encode(seed, 3)),
                keccak256(abi.encode(seed, 4))
            )
        );
        if (done) {
            _books.book();
            return;
        }
        _books.discard();
        bytes4 refusal = bytes4(answer);
        bool refused = refusal != PANIC && refusal != Broken.selector;
        if (!refused) {
            assembly ("memory-safe") {
                revert(add(answer, 32), mload(answer))
            }
        }
    }

    function _check() private {
        _books.book();
        _books.check(_handler.allJobs());
        _assetCoversAllEntries();
        _reservedIsWhatIsAtStake();
        _terminalJobsKeepNothing();
        _nobodyTouchesABystander();
    }

    function _assetCoversAllEntries() private view {
        (uint256 balances, uint256 reserved) = _entries();
        uint256 held = 0;
        for (uint256 i = 0; i < _handler.jobCount(); ++i) {
            IMarketViews.JobView memory job = _market.jobOf(_handler.jobs(i));
            held += uint256(job.escrow) + job.raises;
        }
        uint256 asset = _handler.token().balanceOf(address(_market));
        uint256 booked = balances + reserved + held;
        require((asset - _handler.donated()) * _handler.SCALE() == booked, "asset");
        require(address(_market).balance == 0, "coins");
    }

    function _reservedIsWhatIsAtStake() private view {
        (, uint256 reserved) = _entries();
        uint256 stakes = 0;
        for (uint256 i = 0; i < _handler.jobCount(); ++i) stakes += _stakes(_handler.jobs(i));
        require(reserved == stakes, "reserved");
    }

    function _terminalJobsKeepNothing() private view {
        for (uint256 i = 0; i < _handler.jobCount(); ++i) {
            IMarketViews.JobView memory job = _market.jobOf(_handler.jobs(i));
            if (job.state == JobState.Finalized) require(job.settledCount == job.dueCount, "unproved");
            if (job.state != JobState.Finalized && job.state != JobState.Closed) continue;
            require(job.escrow == 0 && job.raises == 0 && job.bond == 0, "terminal");
            require(_stakes(_handler.jobs(i)) == 0, "stakes");
        }
    }

    function _nobodyTouchesABystander() private view {
        address bystander = _handler.actors(_handler.actorCount() - 1);
        (uint256 balance, uint256 reserved) = _market.accountOf(bystander);
        require(balance == 1e27 && reserved == 0, "bystander");
    }

    /// @dev Ends every job by calls that anybody can make.
    function _endAll() private {
        _handler.changeMoods(0);
        for (uint256 round = 0; round < 3; ++round) {
            _pass(100_000);
            VM.roll(VM.getBlockNumber() + 1000);
            for (uint256 i = 0; i < _handler.jobCount(); ++i) {
                bytes32 jobId = _handler.jobs(i);
                try _market.finalize(jobId) {} catch {}
                try _market.slash(jobId, 0) {} catch {}
                try _market.expire(jobId) {} catch {}
            }
        }
        for (uint256 i = 0; i < _handler.jobCount(); ++i) {
            JobState state = _market.jobOf(_handler.jobs(i)).state;
            require(state == JobState.Finalized || state == JobState.Closed, "not ended");
        }
        (, uint256 reserved) = _entries();
        require(reserved == 0, "reserved at the end");
    }

    /// @notice No call of the handler is refused all the time: each goes through once here, and the invariants hold.
    function test_everyCallGoesThrough() public {
        _books.open();
        _moveMoney();
        _proveOwnTrace();
        _proveForMasters();
        _drawAndChallenge();
        _lapse();
        _handler.pushBurned();
        bytes4[] memory calls = _selectors();
        for (uint256 i = 0; i < calls.length; ++i) {
            bool counted = calls[i] != AccountCalls.donate.selector &&
                calls[i] != AccountCalls.changeMoods.selector &&
                calls[i] != AccountCalls.passTime.selector;
            require(!counted || _handler.done(calls[i]) != 0, "never went through");
        }
        _check();
    }

    function _moveMoney() private {
        _handler.deposit(0, 5);
        _handler.depositFor(0, 1 << 16, 5);
        _handler.depositWithPermit(0, 5);
        _handler.depositWithPermitFor(1 << 16, 2 << 16, 5);
        _handler.withdraw(0, 6);
        _handler.depositWithPermit2(0, 5);
        _handler.depositCoins(0, 5);
        _handler.withdrawCoins(0, 4);
        _handler.setFee(100);
        _handler.setTreasury(1);
        _handler.setTreasury(0);
        _handler.announceSunset();
        _handler.cancelNonce(0, 1);
        _handler.setOperator(1 << 16, 2);
    }

    function _proveOwnTrace() private {
        _handler.multicall(1 | (1 << 32));
        _handler.postWithTrace(1 | (1 << 32));
        _handler.bidSigned(4, 0, 1, 0);
        _handler.bid(1 << 16, 0, 15, 0);
        _pass(25);
        _handler.settle(1, 0, 15, 0);
        _pass(100);
        _handler.finalize(0, 0);
        bytes32 jobId = _handler.jobs(1);
        require(_market.jobOf(jobId).state == JobState.Finalized, "finalized");
        require(_market.jobOf(jobId).settledCount == 3, "paid");
    }

    /// @dev A job of the wallet's, executed and proved by an operator for its account, then revealed.
    function _proveForMasters() private {
        _handler.postSigned(0, 0);
        _handler.claimExecutionFor(1 << 16, 0);
        _handler.commitTrace(0, 0);
        _handler.bidFor(1 << 16, 0, 1);
        _handler.settle(1, 0, 1, 0);
        _handler.finalize(0, 0);
        _handler.revealOutput(0, 0);
    }

    /// @dev Slice 0 is required and lapses, one of the two others is drawn, the other challenged.
    function _drawAndChallenge() private {
        _handler.post(ONE_AUDIT << 32);
        _handler.claimExecution(2 << 16, 0);
        _handler.commitTrace(2, 0);
        VM.roll(block.number + 3);
        _handler.draw(0);
        _handler.challenge(3 << 16, 0, _market.jobOf(_handler.jobs(_handler.jobCount() - 1)).audited == 2 ? 3 : 1);
        _handler.raiseOffer(0, 8e15);
        _handler.bid(1 << 16, 0, 1, 0);
        _pass(100);
        _handler.slash(0, 0, 1);
        _handler.cancel(0);
        _handler.settle(4 << 16, 0, 11, 0);
        _handler.finalize(0, 0);
    }

    /// @dev A claim that runs out, and a job whose executor leaves a challenged slice unproved.
    function _lapse() private {
        _handler.post(NO_AUDITS << 32);
        _handler.claimExecution(2 << 16, 0);
        _pass(51);
        _handler.slashExecution(0, 0);
        _handler.claimExecution(3 << 16, 0);
        _handler.commitTrace(2, 0);
        _handler.challenge(4 << 16, 0, 3);
        _pass(10_000);
        _handler.expire(0, 0);
        require(_market.jobOf(_handler.jobs(_handler.jobCount() - 1)).state == JobState.Closed, "closed");
        _books.book();
        require(_books.sharedForfeits(_handler.allJobs()) == 1, "shared");
    }

    /// @dev The compiler takes block.timestamp for the same all through a call, so the runner is asked.
    function _pass(uint256 time) private {
        VM.warp(VM.getBlockTimestamp() + time);
    }

    function _entries() private view returns (uint256 balances, uint256 reserved) {
        address[] memory accounts = _books.accounts();
        for (uint256 i = 0; i < accounts.length; ++i) {
            (uint256 balance, uint256 part) = _market.accountOf(accounts[i]);
            balances += balance;
            reserved += part;
        }
    }

    /// @dev What somebody has at stake in a job: the executor's bond, collateral of holds, challengers' bonds.
    function _stakes(bytes32 jobId) private view returns (uint256 stakes) {
        IMarketViews.JobView memory job = _market.jobOf(jobId);
        stakes = job.bond;
        bool ended = job.state == JobState.Finalized || job.state == JobState.Closed;
        for (uint256 i = 0; i < SLICES; ++i) {
            IMarketViews.SliceView memory slice = _market.sliceOf(jobId, i);
            bool holds = slice.state == SliceState.Held || (slice.state == SliceState.Lapsed && !slice.booked);
            if (holds) stakes += slice.collateral;
            bool bonded = slice.challenger != address(0) && !slice.audited && slice.state != SliceState.Settled;
            if (bonded && !ended) stakes += 2 * uint256(slice.maxPrice) + job.offer.settleTip;
        }
    }

    function _register(
        ICircuitRegistry circuits,
        IModelRegistry models,
        ISliceVerifier verifier
    ) private returns (bytes32) {
        // By others than the publisher: challengers of their slices have a share.
        VM.prank(address(0x777));
        uint256 three = circuits.registerExternal(verifier, 3, 100_000, 0);
        VM.prank(address(0x777));
        uint256 four = circuits.registerExternal(verifier, 4, 100_000, 0);
        uint64[] memory tensors = new uint64[](5);
        for (uint256 i = 0; i < 5; ++i) tensors[i] = 10 | (8 << 32) | (1 << 40);
        uint16[] memory outputs = new uint16[](1);
        outputs[0] = 4;
        uint256[] memory slices = new uint256[](SLICES);
        slices[0] = three | (3 << 40) | (1 << 72) | (1 << 76) | (1 << 96);
        slices[1] = four | (5 << 40) | (2 << 72) | (1 << 76) | (1 << 96) | (2 << 112);
        slices[2] = (1 << 72) | (1 << 76) | (2 << 80) | (3 << 96);
        slices[3] = three | (7 << 40) | (1 << 72) | (1 << 76) | (3 << 80) | (4 << 96);
        return models.registerModel(bytes32(0), tensors, 1, outputs, slices);
    }
}
