namespace Orchestration.Core.Sweeps;

/// <summary>Where a sweep stands.</summary>
/// <param name="State">Its state.</param>
/// <param name="Progress">Shards and rows, all of them and those that are done.</param>
/// <param name="Held">Shards in work, by the owner that holds them.</param>
public sealed record SweepStanding(SweepState State, SweepProgress Progress, IReadOnlyDictionary<string, int> Held);

/// <summary>Commands one sweep that others work, and tells where it stands. Every command may be given again: what is so already stays so.</summary>
public sealed class SweepControl
{
    private readonly ISweepStore _sweeps;
    private readonly string _id;

    /// <summary>Creates it.</summary>
    /// <param name="sweeps">Where sweeps live.</param>
    /// <param name="sweepId">The sweep.</param>
    public SweepControl(ISweepStore sweeps, string sweepId)
    {
        ArgumentNullException.ThrowIfNull(sweeps);
        ArgumentException.ThrowIfNullOrEmpty(sweepId);
        (_sweeps, _id) = (sweeps, sweepId);
    }

    /// <summary>True where there is something to work.</summary>
    public async ValueTask<bool> IsRunningAsync(CancellationToken cancellationToken) => await _sweeps.FindAsync(_id, cancellationToken) is { State: SweepState.Running };

    /// <summary>Lets it be worked, again where it was paused or had reached its cap.</summary>
    /// <exception cref="OrchestrationException">There is no such sweep (<see cref="ErrorCodes.NotFound"/>); it was cancelled (<see cref="ErrorCodes.Usage"/>).</exception>
    public async ValueTask<SweepStanding> StartAsync(CancellationToken cancellationToken)
    {
        var standing = await ChangeAsync(SweepState.Running, [SweepState.Interrupted, SweepState.Capped], cancellationToken);
        return standing.State != SweepState.Cancelled ? standing
            : throw new OrchestrationException(ErrorCodes.Usage, $"Sweep {_id} was cancelled and cannot go on. Register it again: what was paid for comes from the store.");
    }

    /// <summary>Pauses it; one that is not running stays as it is.</summary>
    /// <exception cref="OrchestrationException">There is no such sweep (<see cref="ErrorCodes.NotFound"/>).</exception>
    public ValueTask<SweepStanding> PauseAsync(CancellationToken cancellationToken) => ChangeAsync(SweepState.Interrupted, [SweepState.Running], cancellationToken);

    /// <summary>Gives it up for good; one that has ended stays as it is.</summary>
    /// <exception cref="OrchestrationException">There is no such sweep (<see cref="ErrorCodes.NotFound"/>).</exception>
    public ValueTask<SweepStanding> CancelAsync(CancellationToken cancellationToken) => ChangeAsync(SweepState.Cancelled, [SweepState.Running, SweepState.Interrupted, SweepState.Capped], cancellationToken);

    /// <summary>Where it stands.</summary>
    /// <exception cref="OrchestrationException">There is no such sweep (<see cref="ErrorCodes.NotFound"/>).</exception>
    public ValueTask<SweepStanding> StandingAsync(CancellationToken cancellationToken) => ChangeAsync(SweepState.Registering, [], cancellationToken);

    private async ValueTask<SweepStanding> ChangeAsync(SweepState to, SweepState[] from, CancellationToken cancellationToken)
    {
        foreach (var one in from)
        {
            if (await _sweeps.TryChangeStateAsync(_id, one, to, cancellationToken)) break;
        }

        var sweep = await _sweeps.FindAsync(_id, cancellationToken)
            ?? throw new OrchestrationException(ErrorCodes.NotFound, $"There is no sweep {_id} in this store. 'orchestrate sweep list' shows those there are.");
        var progress = await _sweeps.ProgressAsync(_id, cancellationToken);
        var held = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var one in await _sweeps.HeldAsync(cancellationToken))
        {
            if (one.SweepId == _id) held[one.Owner] = held.GetValueOrDefault(one.Owner) + one.Shards;
        }

        return new SweepStanding(sweep.State, progress, held);
    }
}
