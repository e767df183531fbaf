// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Who may serve, and the bond that stands behind it
/// @notice A node is the address that signs receipts. Its stake can be slashed by the slasher role, also while it unbonds; unbonding lasts
/// longer than any dispute. Nobody can block a withdrawal whose unbonding is over.
interface INodeRegistry {
    /// @notice `stake` is the active stake afterwards.
    event Staked(address indexed node, address indexed payer, uint128 amount, uint128 stake);
    /// @notice `unbonding` is everything of the node that now waits until `unlocksAt` (Unix seconds).
    event UnbondingStarted(address indexed node, uint128 amount, uint128 unbonding, uint64 unlocksAt);
    event StakeWithdrawn(address indexed node, address indexed to, uint128 amount);
    /// @notice `evidence` is the hash of the verdict or dispute that justifies it.
    event Slashed(address indexed node, uint128 amount, uint128 stake, bytes32 indexed evidence);
    /// @notice The node may not serve until `until` (Unix seconds).
    event Jailed(address indexed node, uint64 until, bytes32 indexed evidence);
    event Unjailed(address indexed node);
    event OperatorKeyChanged(address indexed node, address indexed operatorKey);
    event SlashedTokensClaimed(address indexed to, uint256 amount);

    error ZeroAddress();
    error ZeroAmount();
    error InsufficientStake(uint128 requested, uint128 stake);
    error NothingUnbonding();
    /// @param unlocksAt Unix seconds
    error StillUnbonding(uint64 unlocksAt);
    error NotTreasury(address caller);
    error JailTooLong(uint64 until);
    error ParameterOutOfBounds(bytes32 name, uint256 value);

    /// @notice Adds the caller's tokens to `node`'s stake; only the node itself can ever take them back.
    function stake(address node, uint128 amount) external;

    /// @notice Takes `amount` out of the active stake. Added to what already unbonds, whose time then starts anew.
    function startUnbonding(uint128 amount) external;

    /// @notice Pays out what finished unbonding, jailed or not.
    function withdrawStake(address to) external returns (uint128 amount);

    /// @notice Sets the hot key that acts for the calling node; zero: the node's own address.
    function setOperatorKey(address operatorKey) external;

    /// @notice Slasher role only. Takes up to `amount`, from the active stake first, then from what unbonds.
    /// @return taken what was really taken
    function slash(address node, uint128 amount, bytes32 evidence) external returns (uint128 taken);

    /// @notice Slasher role only. Bars the node until `until` (Unix seconds), at most `MAX_JAIL` ahead; a past time frees it.
    function jail(address node, uint64 until, bytes32 evidence) external;

    /// @notice Pays slashed tokens to `to`; treasury only.
    function claimSlashed(address to) external returns (uint256 amount);

    /// @notice Enough stake and not jailed.
    function isActive(address node) external view returns (bool);

    /// @notice Whether `account` may sign verdicts.
    function isOracle(address account) external view returns (bool);

    function stakeOf(address node) external view returns (uint128);

    /// @return amount what unbonds @return unlocksAt Unix seconds, zero when nothing does
    function unbondingOf(address node) external view returns (uint128 amount, uint64 unlocksAt);

    /// @return Unix seconds; in the past or zero: not jailed
    function jailedUntil(address node) external view returns (uint64);

    /// @return the key that acts for `node`; the node's own address unless changed
    function operatorKeyOf(address node) external view returns (address);

    function token() external view returns (address);
    function treasury() external view returns (address);
    /// @notice Least active stake to serve, in smallest units.
    function minimumStake() external view returns (uint128);
    /// @notice Seconds from `startUnbonding` to `withdrawStake`.
    function unbondingPeriod() external view returns (uint64);
}
