namespace Orchestration.Core.Judging;

/// <summary>
/// Who is about to buy which judgment, so that no two processes of a store buy the same one at the same time. A claim ends when its judgment is stored, when it
/// is released, when its owner is dead, or when its lease has run out. Claims decide who pays, never what counts: judgments are immutable and the first
/// writer wins whoever held the claim. Safe for concurrent use; concurrent calls share a commit.
/// </summary>
public interface IJudgmentClaims
{
    /// <summary>
    /// Looks the judgment up and claims it where it is not stored, in one step. A claim that is taken over is written down with it: the payer's sweep counts one
    /// more judgment that may be paid a second time (<see cref="Sweeps.SweepTotals.Repaid"/>).
    /// </summary>
    /// <param name="address">Which.</param>
    /// <param name="payer">Who will pay: a sweep's id; null where nobody keeps account.</param>
    /// <param name="lease">How long the claim stands without being renewed; more than 0.</param>
    /// <param name="cancellationToken">Gives up; a claim made all the same runs out.</param>
    ValueTask<JudgmentClaim> ClaimAsync(JudgmentAddress address, string? payer, TimeSpan lease, CancellationToken cancellationToken);

    /// <summary>Renews a claim. False where it is no longer this owner's.</summary>
    ValueTask<bool> RenewAsync(JudgmentClaim claim, TimeSpan lease, CancellationToken cancellationToken);

    /// <summary>Gives a claim up: nothing was bought. A claim that is no longer this owner's is left alone.</summary>
    ValueTask ReleaseAsync(JudgmentClaim claim);
}

/// <summary>What came of claiming a judgment.</summary>
public enum ClaimState
{
    /// <summary>Another living owner is buying it: ask again a little later.</summary>
    Held,

    /// <summary>It is stored; there is nothing to buy.</summary>
    Stored,

    /// <summary>It is this owner's to buy.</summary>
    Granted,

    /// <summary>
    /// It is this owner's to buy, and was another's before who is dead or let its lease run out: that one may have paid, and its outcome is lost.
    /// </summary>
    TakenOver,
}

/// <summary>The right to buy one judgment, or why there is none.</summary>
/// <param name="Address">Which.</param>
/// <param name="State">What came of claiming it.</param>
/// <param name="Token">Tells the claim from every other; 0 where there is none.</param>
/// <param name="Values">Where it is stored: its values.</param>
public sealed record JudgmentClaim(JudgmentAddress Address, ClaimState State, long Token, IReadOnlyList<double>? Values)
{
    /// <summary>True where this owner may buy.</summary>
    public bool IsGranted => State is ClaimState.Granted or ClaimState.TakenOver;
}
