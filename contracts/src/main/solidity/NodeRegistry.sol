// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {INodeRegistry} from "./interfaces/INodeRegistry.sol";

/// @title Node registry, see INodeRegistry
contract NodeRegistry is INodeRegistry, AccessControl, ReentrancyGuardTransient {
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    struct Node {
        uint128 stake;
        uint128 unbonding;
        uint64 unlocksAt;
        uint64 jailedUntil;
        address operatorKey;
    }

    bytes32 public constant SLASHER_ROLE = keccak256("SLASHER_ROLE");
    bytes32 public constant ORACLE_ROLE = keccak256("ORACLE_ROLE");
    uint64 public constant MAX_UNBONDING = 90 days;
    uint64 public constant MAX_JAIL = 365 days;

    address public immutable token;
    address public immutable treasury;
    uint128 public immutable minimumStake;
    uint64 public immutable unbondingPeriod;
    uint256 public slashedPool;

    mapping(address node => Node) private _nodes;

    constructor(address admin, address token_, address treasury_, uint128 minimumStake_, uint64 unbondingPeriod_) {
        require(token_ != address(0) && treasury_ != address(0), ZeroAddress());
        require(minimumStake_ > 0, ParameterOutOfBounds("minimumStake", minimumStake_));
        require(
            unbondingPeriod_ > 0 && unbondingPeriod_ <= MAX_UNBONDING,
            ParameterOutOfBounds("unbondingPeriod", unbondingPeriod_)
        );
        token = token_;
        treasury = treasury_;
        minimumStake = minimumStake_;
        unbondingPeriod = unbondingPeriod_;
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
    }

    /// @inheritdoc INodeRegistry
    function stake(address node, uint128 amount) external nonReentrant {
        require(node != address(0), ZeroAddress());
        uint256 before = IERC20(token).balanceOf(address(this));
        IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
        uint256 arrived = IERC20(token).balanceOf(address(this)) - before;
        require(arrived > 0, ZeroAmount());
        uint128 total = (_nodes[node].stake + arrived).toUint128();
        _nodes[node].stake = total;
        emit Staked(node, msg.sender, arrived.toUint128(), total);
    }

    /// @inheritdoc INodeRegistry
    function startUnbonding(uint128 amount) external {
        Node storage node = _nodes[msg.sender];
        require(amount > 0, ZeroAmount());
        require(amount <= node.stake, InsufficientStake(amount, node.stake));
        node.stake -= amount;
        node.unbonding += amount;
        node.unlocksAt = uint64(block.timestamp) + unbondingPeriod;
        emit UnbondingStarted(msg.sender, amount, node.unbonding, node.unlocksAt);
    }

    /// @inheritdoc INodeRegistry
    function withdrawStake(address to) external nonReentrant returns (uint128 amount) {
        require(to != address(0), ZeroAddress());
        Node storage node = _nodes[msg.sender];
        amount = node.unbonding;
        require(amount > 0, NothingUnbonding());
        require(block.timestamp >= node.unlocksAt, StillUnbonding(node.unlocksAt));
        node.unbonding = 0;
        node.unlocksAt = 0;
        emit StakeWithdrawn(msg.sender, to, amount);
        IERC20(token).safeTransfer(to, amount);
    }

    /// @inheritdoc INodeRegistry
    function setOperatorKey(address operatorKey) external {
        _nodes[msg.sender].operatorKey = operatorKey;
        emit OperatorKeyChanged(msg.sender, operatorKeyOf(msg.sender));
    }

    /// @inheritdoc INodeRegistry
    function slash(address node, uint128 amount, bytes32 evidence)
        external
        onlyRole(SLASHER_ROLE)
        returns (uint128 taken)
    {
        Node storage state = _nodes[node];
        uint128 fromStake = amount < state.stake ? amount : state.stake;
        uint128 rest = amount - fromStake;
        uint128 fromUnbonding = rest < state.unbonding ? rest : state.unbonding;
        taken = fromStake + fromUnbonding;
        state.stake -= fromStake;
        state.unbonding -= fromUnbonding;
        slashedPool += taken;
        emit Slashed(node, taken, state.stake, evidence);
    }

    /// @inheritdoc INodeRegistry
    function jail(address node, uint64 until, bytes32 evidence) external onlyRole(SLASHER_ROLE) {
        require(until <= block.timestamp + MAX_JAIL, JailTooLong(until));
        _nodes[node].jailedUntil = until;
        if (until > block.timestamp) emit Jailed(node, until, evidence);
        else emit Unjailed(node);
    }

    /// @inheritdoc INodeRegistry
    function claimSlashed(address to) external nonReentrant returns (uint256 amount) {
        require(msg.sender == treasury, NotTreasury(msg.sender));
        require(to != address(0), ZeroAddress());
        amount = slashedPool;
        require(amount > 0, ZeroAmount());
        slashedPool = 0;
        emit SlashedTokensClaimed(to, amount);
        IERC20(token).safeTransfer(to, amount);
    }

    /// @inheritdoc INodeRegistry
    function isActive(address node) external view returns (bool) {
        Node storage state = _nodes[node];
        return state.stake >= minimumStake && block.timestamp >= state.jailedUntil;
    }

    /// @inheritdoc INodeRegistry
    function isOracle(address account) external view returns (bool) {
        return hasRole(ORACLE_ROLE, account);
    }

    /// @inheritdoc INodeRegistry
    function stakeOf(address node) external view returns (uint128) {
        return _nodes[node].stake;
    }

    /// @inheritdoc INodeRegistry
    function unbondingOf(address node) external view returns (uint128 amount, uint64 unlocksAt) {
        Node storage state = _nodes[node];
        return (state.unbonding, state.unbonding == 0 ? 0 : state.unlocksAt);
    }

    /// @inheritdoc INodeRegistry
    function jailedUntil(address node) external view returns (uint64) {
        return _nodes[node].jailedUntil;
    }

    /// @inheritdoc INodeRegistry
    function operatorKeyOf(address node) public view returns (address) {
        address key = _nodes[node].operatorKey;
        return key == address(0) ? node : key;
    }
}
