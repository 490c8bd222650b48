// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ISliceMarket} from "../../contracts/interfaces/ISliceMarket.sol";
import {JobBatch} from "../../contracts/types/JobBatch.sol";
import {Admission, ExecutionOffer, JobRequest, Offer} from "../../contracts/types/JobRequest.sol";
import {SliceState} from "../../contracts/types/MarketStates.sol";
import {OutputOpening} from "../../contracts/types/OutputOpening.sol";
import {MoodyConsumer, MoodyToken} from "./Doubles.sol";
import {VM} from "./Vm.sol";

/// @title Every entry point of the market, called by anybody at any time with anything
/// @notice What the market refuses reverts and leaves no trace. What is remembered beside the market's own state is what
/// the invariants can't read from it.
contract MarketHandler {
    uint256 internal constant SLICES = 4;

    ISliceMarket public market;
    MoodyToken public token;
    MoodyConsumer public consumer;
    bytes32 public modelId;

    /// @notice Who calls; the last one never does, and nobody may touch what it has.
    address[] public actors;
    bytes32[] public jobs;
    /// @notice How often a slice was paid.
    mapping(bytes32 jobId => mapping(uint256 slice => uint256 times)) public paid;
    /// @notice What came in by plain transfers.
    uint256 public donated;
    /// @notice How often each kind of call went through.
    mapping(bytes4 call => uint256 times) public done;

    uint256 private _nonce;
    address private immutable _owner;

    /// @param market_ The market, whose asset is `token_`. 
    constructor(
        ISliceMarket market_,
        MoodyToken token_,
        MoodyConsumer consumer_,
        bytes32 modelId_,
        address owner
    ) {
        market = market_;
        token = token_;
        consumer = consumer_;
        modelId = modelId_;
        _owner = owner;
        for (uint160 i = 1; i <= 6; ++i) {
            address actor = address(0xac7000 + i);
            actors.push(actor);
            token.mint(actor, 1e30);
            VM.prank(actor);
            token.approve(address(market), type(uint256).max);
            VM.prank(actor);
            market.deposit(1e27);
        }
    }

    // ------------------------------------------------------------------------------------------------- calls

    function post(uint256 seed) external {
        address requester = _actor(seed);
        JobRequest memory request = _request(seed, requester);
        VM.prank(requester);
        if (seed & 1 == 0) {
            jobs.push(market.post(request));
        } else {
            delete request.execution;
            jobs.push(market.postWithTrace(request, _trace(), bytes32(uint256(1))));
        }
        ++done[msg.sig];
    }

    function claimExecution(uint256 who, uint256 job) external {
        bytes32 jobId = _job(job);
        VM.prank(_actor(who));
        market.claimExecution(jobId);
        ++done[msg.sig];
    }

    function commitTrace(uint256 job) external {
        bytes32 jobId = _job(job);
        VM.prank(market.jobOf(jobId).executor);
        market.commitTrace(jobId, _trace(), bytes32(uint256(2)), new OutputOpening[](0));
        ++done[msg.sig];
    }

    function draw(uint256 job) external {
        market.draw(_job(job));
        ++done[msg.sig];
    }

    function challenge(uint256 who, uint256 job, uint256 slice) external {
        bytes32 jobId = _job(job);
        VM.prank(_actor(who));
        market.challenge(jobId, slice % SLICES);
        ++done[msg.sig];
    }

    function bid(uint256 who, uint256 job, uint256 slices, uint256 price) external {
        bytes32 jobId = _job(job);
        VM.prank(_actor(who));
        uint256 taken = market.bid(jobId, keccak256(abi.encodePacked(_trace())), slices & 15, uint64(1 + (price % 3e15)));
        if (taken != 0) ++done[msg.sig];
    }

    function bidForItsMaster(uint256 who, uint256 job, uint256 slices) external {
        bytes32 jobId = _job(job);
        address master = _actor(who);
        VM.prank(master);
        market.setOperator(address(0xbee), slices & 16 != 0);
        VM.prank(address(0xbee));
        market.bidFor(master, jobId, keccak256(abi.encodePacked(_trace())), slices & 15, 1e15);
        ++done[msg.sig];
    }

    /// @notice Settles one to four slices, of which each claim names the holder, if there is one and `who` says so.
    function settle(uint256 who, uint256 job, uint256 slices, uint256 refused) external {
        bytes32 jobId = _job(job);
        slices = slices & 15 & ~uint256(4);
        if (slices == 0) slices = 1;
        JobBatch[] memory batches = new JobBatch[](1);
        batches[0].jobId = jobId;
        batches[0].trace = _trace();
        batches[0].claims = _claims(jobId, slices, who);
        uint256[SLICES] memory before = _states(jobId);
        VM.prank(_actor(who >> 8));
        market.settle(batches, abi.encode(keccak256("proved"), refused % 16));
        uint256[SLICES] memory afterwards = _states(jobId);
        for (uint256 i = 0; i < SLICES; ++i) {
            if (before[i] != uint256(SliceState.Settled) && afterwards[i] == uint256(SliceState.Settled)) {
                ++paid[jobId][i];
                ++done[msg.sig];
            }
        }
    }

    function slash(uint256 who, uint256 job, uint256 slices) external {
        bytes32 jobId = _job(job);
        VM.prank(_actor(who));
        if (market.slash(jobId, slices & 15) != 0) ++done[msg.sig];
    }

    function slashExecution(uint256 who, uint256 job) external {
        bytes32 jobId = _job(job);
        VM.prank(_actor(who));
        market.slashExecution(jobId);
        ++done[msg.sig];
    }

    function raiseOffer(uint256 job, uint256 price) external {
        bytes32 jobId = _job(job);
        VM.prank(market.jobOf(jobId).requester);
        market.raiseOffer(jobId, uint64(1 + (price % 9e15)));
        ++done[msg.sig];
    }

    function cancel(uint256 job) external {
        bytes32 jobId = _job(job);
        VM.prank(market.jobOf(jobId).requester);
        market.cancel(jobId);
        ++done[msg.sig];
    }

    function finalize(uint256 who, uint256 job) external {
        bytes32 jobId = _job(job);
        VM.prank(_actor(who));
        market.finalize(jobId);
        ++done[msg.sig];
    }

    function deliver(uint256 who, uint256 job) external {
        bytes32 jobId = _job(job);
        VM.prank(_actor(who));
        market.deliver(jobId, new OutputOpening[](0));
        ++done[msg.sig];
    }

    function expire(uint256 who, uint256 job) external {
        bytes32 jobId = _job(job);
        VM.prank(_actor(who));
        market.expire(jobId);
        ++done[msg.sig];
    }

    function deposit(uint256 who, uint256 amount) external {
        VM.prank(_actor(who));
        market.deposit(amount % 1e24);
        ++done[msg.sig];
    }

    function withdraw(uint256 who, uint256 amount) external {
        address actor = _actor(who);
        VM.prank(actor);
        market.withdraw(amount % 1e24, actor);
        ++done[msg.sig];
    }

    function pushBurned() external {
        market.pushBurned();
        ++done[msg.sig];
    }

    function donate(uint256 who, uint256 amount) external {
        amount %= 1e20;
        VM.prank(_actor(who));
        require(token.transfer(address(market), amount), "not moved");
        donated += amount;
    }

    function changeMoods(uint256 seed) external {
        // Mostly well-behaved, or nothing would ever move.
        token.setMood(seed % 8 < 4 ? 0 : seed % 4, address(market));
        consumer.setMood((seed >> 8) % 4, market);
    }

    function setFee(uint256 fee) external {
        VM.prank(_owner);
        market.setFee(uint16(fee % 501));
    }

    function passTime(uint256 time) external {
        VM.warp(block.timestamp + 1 + (time % (time % 7 == 0 ? 700 : 60)));
        VM.roll(block.number + 1 + (time % 5));
    }

    // ------------------------------------------------------------------------------------------------- views

    function jobCount() external view returns (uint256) {
        return jobs.length;
    }

    function actorCount() external view returns (uint256) {
        return actors.length;
    }

    // ------------------------------------------------------------------------------------------------- parts

    function _actor(uint256 seed) private view returns (address) {
        return actors[(seed >> 16) % (actors.length - 1)];
    }

    function _job(uint256 seed) private view returns (bytes32) {
        // Mostly one of the last few, which are still running.
        uint256 among = jobs.length < 4 ? jobs.length : 4;
        return jobs[jobs.length - 1 - (seed % among)];
    }

    function _trace() private pure returns (bytes32[] memory trace) {
        trace = new bytes32[](5);
        for (uint256 i = 0; i < 5; ++i) trace[i] = bytes32(1000 + i);
    }

    function _states(bytes32 jobId) private view returns (uint256[SLICES] memory states) {
        for (uint256 i = 0; i < SLICES; ++i) states[i] = uint256(market.sliceOf(jobId, i).state);
    }

    function _claims(
        bytes32 jobId,
        uint256 slices,
        uint256 who
    ) private view returns (uint256[] memory claims) {
        claims = new uint256[](SLICES);
        uint256 count = 0;
        for (uint256 i = 0; i < SLICES; ++i) {
            if ((slices >> i) & 1 == 0) continue;
            address holder = market.sliceOf(jobId, i).holder;
            address prover = holder != address(0) && who & 3 != 0 ? holder : _actor(who);
            claims[count++] = (i << 160) | uint160(prover);
        }
        assembly ("memory-safe") {
            // Shortens the array.
            mstore(claims, count)
        }
    }

    function _request(uint256 seed, address requester) private returns (JobRequest memory request) {
        request.requester = requester;
        request.nonce = _nonce++;
        request.modelId = modelId;
        request.inputs = new bytes32[](1);
        request.inputs[0] = bytes32(uint256(1000));
        request.required = (seed >> 32) % 3 == 0 ? 1 : 0;
        request.audits = request.required == 0 ? 0 : uint16((seed >> 40) % 3);
        request.offer = Offer({
            minUnitPrice: 1e15,
            maxUnitPrice: 3e15,
            rampSeconds: uint32(seed % 2) * 100,
            bidWindow: uint32((seed >> 4) % 2) * 20,
            proveSeconds: 60,
            minUndercutBps: 500,
            collateralBps: uint16(20_000 + (seed % 3)),
            settleTip: 1e14
        });
        request.execution = ExecutionOffer(2e15, 10e15, 80, 50);
        request.jobSeconds = 400;
        request.challengeSeconds = uint32((seed >> 48) % 2) * 60;
        request.maxFeeBps = 500;
        request.validUntil = type(uint40).max;
        if ((seed >> 56) % 2 == 0) {
            request.consumer = address(consumer);
            request.consumerGas = 100_000;
        }
        request.outputCommitmentOnly = true;
        request.admission = Admission(0, true, new address[](0));
    }
}
