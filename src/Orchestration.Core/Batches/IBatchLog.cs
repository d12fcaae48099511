using Orchestration.Core.Spending;
using Orchestration.Core.Sweeps;

namespace Orchestration.Core.Batches;

/// <summary>
/// The batches that sweeps have at endpoints, shared by every process that opens the same store. What is written here is durable before the call
/// returns, so that no batch is forgotten or made twice, whenever a process is killed.
/// </summary>
public interface IBatchLog
{
    /// <summary>
    /// Takes a sweep's batches in hand: one owner at a time makes and collects them. True where this owner has them, also where it had them before or took them
    /// over from a dead one.
    /// </summary>
    ValueTask<bool> TryHoldAsync(string sweepId, CancellationToken cancellationToken);

    /// <summary>Lets go of them; nothing happens where somebody else has them.</summary>
    ValueTask ReleaseAsync(string sweepId);

    /// <summary>
    /// Writes down, in one step, that a batch will be made and that its bound is reserved. From here on its money is held until
    /// <see cref="FinishAsync"/>, whatever happens to the process.
    /// </summary>
    /// <returns>The entry; null where the reservation would pass the payer's cap, and then nothing was written.</returns>
    ValueTask<OpenBatch?> IntendAsync(NewBatch batch, CancellationToken cancellationToken);

    /// <summary>Writes down that the batch was made. Takes no cancellation: what was made must be known.</summary>
    ValueTask MadeAsync(long id, string remoteId);

    /// <summary>
    /// Ends a batch, in one step: its reservation is settled, the sweep's totals grow, the entry is gone. Happens once, however often it is called.
    /// </summary>
    /// <param name="batch">The entry.</param>
    /// <param name="totals">What it took.</param>
    /// <param name="unknownUsd">What may have been charged without anybody knowing.</param>
    /// <param name="byJudge">The same money by judge, for the books; its sums are those of the whole. Null books all of it to the deployment alone.</param>
    /// <returns>False where it had ended before.</returns>
    ValueTask<bool> FinishAsync(OpenBatch batch, SweepTotals totals, decimal unknownUsd, IReadOnlyList<BatchShare>? byJudge = null);

    /// <summary>A sweep's batches that have not ended, oldest first.</summary>
    ValueTask<IReadOnlyList<OpenBatch>> OpenAsync(string sweepId, CancellationToken cancellationToken);
}

/// <summary>What a batch took for one judge.</summary>
/// <param name="Judge">The judge; empty for lines of which nothing is known.</param>
/// <param name="Calls">Lines.</param>
/// <param name="SettledUsd">Charged.</param>
/// <param name="UnknownUsd">What may have been charged.</param>
public sealed record BatchShare(string Judge, long Calls, decimal SettledUsd, decimal UnknownUsd);

/// <summary>A batch about to be made.</summary>
/// <param name="SweepId">Who pays.</param>
/// <param name="Deployment">Where.</param>
/// <param name="Intent">What it can be found by at the endpoint; no other batch has it.</param>
/// <param name="Requests">Its lines.</param>
/// <param name="BoundUsd">The most that all of it can cost; null where no price is known, and then nothing is reserved.</param>
/// <param name="LargestBoundUsd">The most that one line can cost.</param>
public sealed record NewBatch(string SweepId, string Deployment, string Intent, int Requests, decimal? BoundUsd, decimal LargestBoundUsd);

/// <summary>A batch that has not ended.</summary>
/// <param name="Id">Identity in the log.</param>
/// <param name="Batch">As it was intended.</param>
/// <param name="ReservationId">Identity of the reservation; null where none was made.</param>
/// <param name="RemoteId">The endpoint's id; null where it is not known whether it was made.</param>
/// <param name="CreatedAt">When it was intended, UTC.</param>
public sealed record OpenBatch(long Id, NewBatch Batch, long? ReservationId, string? RemoteId, DateTimeOffset CreatedAt);
